import { randomUUID } from 'node:crypto';
import { parseDuration, parseUntil } from '../definitions/duration.ts';
import type { PlannedTask } from '../definitions/plan.ts';
import type { Json } from '../definitions/types.ts';
import { badRequest } from '../errors.ts';
import { javaText } from '../expressions/java-text.ts';
import { EndWorkflow, type Task, type Workflow } from './model.ts';
import { resolveContext } from './scope.ts';
import { evaluate, isEvaluatorType, ScriptFailure, type ScriptRunner } from './scripts.ts';

/** A wait without an end: the real server's `callbackAfterSeconds` for it. */
const FOREVER_SECONDS = 2 ** 31 - 1;

/**
 * The tasks to schedule for a place in the workflow: one, or for a SWITCH also the first of the case it selects. Those
 * already begun under the same reference name are left out.
 *
 * @throws {EndWorkflow} for a SWITCH with an evaluator that does not exist.
 * @throws {ConductorError} 400 for a WAIT whose duration cannot be read: the call that got here fails, as on the real server.
 */
export async function mapTasks(scripts: ScriptRunner, workflow: Workflow, planned: PlannedTask): Promise<Task[]> {
  const taskId = randomUUID();
  const input = planned.input(resolveContext(workflow, taskId));
  const task = newTask(workflow, planned, taskId, input);
  const mapped = [task];
  if (planned.task.type === 'SWITCH') mapped.push(...(await selectCase(scripts, task)));
  else if (planned.task.type === 'WAIT') setWait(task);
  else if (planned.task.type === 'HTTP') task.inputData = { ...input, asyncComplete: planned.task.asyncComplete };
  else if (planned.task.type === 'SIMPLE') {
    task.startDelayInSeconds = planned.task.startDelay;
    task.callbackAfterSeconds = planned.task.startDelay;
  }
  const begun = (other: Task) =>
    workflow.tasks.some((one) => one.reference === other.reference && one.status !== 'SCHEDULED');
  return mapped.filter((one) => !begun(one));
}

export function newTask(workflow: Workflow, planned: PlannedTask, taskId: string, inputData: Json): Task {
  const { name, taskReferenceName, type } = planned.task;
  const now = Date.now();
  const simple = type === 'SIMPLE';
  const queued = simple || type === 'HTTP';
  return {
    taskId,
    workflow,
    planned,
    taskType: simple ? name : type,
    reference: taskReferenceName,
    taskDefName: type === 'SWITCH' ? 'SWITCH' : name,
    status: queued ? 'SCHEDULED' : 'IN_PROGRESS',
    inputData,
    outputData: {},
    reasonForIncompletion: undefined,
    retryCount: 0,
    retriedTaskId: undefined,
    seq: 0,
    pollCount: 0,
    workerId: undefined,
    callbackAfterSeconds: 0,
    startDelayInSeconds: 0,
    scheduledTime: now,
    firstScheduledTime: 0,
    startTime: queued ? 0 : now,
    updateTime: 0,
    endTime: 0,
    retried: false,
    executed: false,
    waitUntil: 0,
    logs: [],
  };
}

/** Evaluates a SWITCH and gives the tasks of the case it selects. */
async function selectCase(scripts: ScriptRunner, task: Task): Promise<Task[]> {
  const { planned, workflow } = task;
  const { evaluatorType = 'null', expression = '' } = planned.task;
  if (!isEvaluatorType(evaluatorType)) {
    throw new EndWorkflow(`No evaluator registered for type: ${evaluatorType}`, 'FAILED');
  }
  let selected: string;
  try {
    const source = {
      script: expression,
      input: task.inputData,
      workflow: workflow.plan.def.name,
      task: task.reference,
    };
    selected = javaText(await evaluate(scripts, evaluatorType, source));
  } catch (error) {
    if (!(error instanceof ScriptFailure)) throw error;
    task.status = 'FAILED';
    task.reasonForIncompletion = error.message;
    return [];
  }
  task.inputData = { ...task.inputData, case: selected };
  task.outputData = { evaluationResult: [selected], selectedCase: selected };
  const first = planned.cases.has(selected) ? planned.cases.get(selected) : planned.defaultCase;
  if (!first) return [];
  const tasks = await mapTasks(scripts, workflow, first);
  task.inputData = { ...task.inputData, hasChildren: 'true' };
  return tasks;
}

function setWait(task: Task): void {
  const { duration, until } = task.inputData;
  const durationText = javaText(duration ?? '').trim();
  const untilText = javaText(until ?? '').trim();
  const fail = (reason: string) => {
    task.status = 'FAILED_WITH_TERMINAL_ERROR';
    task.reasonForIncompletion = reason;
  };
  if (durationText !== '' && untilText !== '') {
    return fail("Both 'duration' and 'until' specified. Please provide only one input");
  }
  if (durationText !== '') {
    const seconds = parseDuration(durationText);
    if (seconds === undefined) throw badRequest(`Not valid duration: ${durationText}`);
    task.waitUntil = Date.now() + seconds * 1000;
    task.callbackAfterSeconds = seconds;
  } else if (untilText !== '') {
    const at = parseUntil(untilText);
    if (at === undefined) return fail(`Invalid/Unsupported Wait Until format.  Provided: ${untilText}`);
    task.waitUntil = at;
    task.callbackAfterSeconds = Math.max(0, Math.floor((at - Date.now()) / 1000));
  } else task.callbackAfterSeconds = FOREVER_SECONDS;
}

/** Whether what follows a task is up to the tasks it selected. */
export function hasChildren(task: Task): boolean {
  return task.taskType === 'SWITCH' && task.inputData.hasChildren != null;
}
