import { randomUUID } from 'node:crypto';
import type { PlannedTask } from '../definitions/plan.ts';
import type { Json } from '../definitions/types.ts';
import type { Machinery } from './machinery.ts';
import type { Task, Workflow } from './model.ts';
import { resolveContext } from './scope.ts';
import { systemTasks } from './tasks/index.ts';

/**
 * The tasks to schedule for a place in the workflow: one, and what its type schedules with it. Those already begun under
 * the same reference name are left out.
 *
 * @throws {EndWorkflow} when the workflow cannot go on here.
 * @throws {ConductorError} when the call that got here fails with it, as on the real server.
 */
export async function mapTasks(machinery: Machinery, workflow: Workflow, planned: PlannedTask): Promise<Task[]> {
  const taskId = randomUUID();
  const input = planned.input(resolveContext(workflow, taskId));
  const task = newTask(workflow, planned, taskId, input);
  const mapped = [task];
  const map = systemTasks[task.type]?.map;
  if (map) mapped.push(...(await map(task, { machinery, mapTasks: (place) => mapTasks(machinery, workflow, place) })));
  return mapped.filter((one) => !hasBegun(workflow, one.reference));
}

/**
 * The tasks that follow one. In a loop they belong to the same round, and are named after it.
 *
 * @throws as {@link mapTasks}
 */
export async function mapNext(machinery: Machinery, task: Task, next: PlannedTask): Promise<Task[]> {
  const tasks = await mapTasks(machinery, task.workflow, next);
  return task.inLoop && task.type !== 'DO_WHILE' ? inRound(tasks, task.iteration) : tasks;
}

/** Makes new tasks those of a round of a loop. */
function inRound(tasks: readonly Task[], iteration: number): Task[] {
  for (const task of tasks) {
    task.reference = `${task.reference}__${iteration}`;
    task.iteration = iteration;
    task.inLoop = true;
  }
  return tasks.filter((task) => !hasBegun(task.workflow, task.reference));
}

function hasBegun(workflow: Workflow, reference: string): boolean {
  return workflow.tasks.some((one) => one.reference === reference && one.status !== 'SCHEDULED');
}

function newTask(workflow: Workflow, planned: PlannedTask, taskId: string, inputData: Json): Task {
  const { name, taskReferenceName, type, startDelay } = planned.task;
  const now = Date.now();
  const simple = type === 'SIMPLE';
  const shown = systemTasks[type];
  return {
    taskId,
    workflow,
    planned,
    type,
    taskType: simple ? name : (shown?.shownAs ?? type),
    domain: undefined,
    reference: taskReferenceName,
    iteration: 0,
    inLoop: false,
    taskDefName: shown?.shownName ?? name,
    status: simple ? 'SCHEDULED' : 'IN_PROGRESS',
    inputData,
    outputData: {},
    reasonForIncompletion: undefined,
    retryCount: 0,
    retriedTaskId: undefined,
    seq: 0,
    pollCount: 0,
    workerId: undefined,
    callbackAfterSeconds: simple ? startDelay : 0,
    startDelayInSeconds: simple ? startDelay : 0,
    scheduledTime: now,
    firstScheduledTime: 0,
    startTime: simple ? 0 : now,
    updateTime: 0,
    endTime: 0,
    retried: false,
    executed: false,
    waitUntil: 0,
    notBefore: 0,
    subWorkflowId: undefined,
    loopItems: undefined,
    logs: [],
  };
}
