import { randomUUID } from 'node:crypto';
import type { PlannedTask } from '../definitions/plan.ts';
import type { Json } from '../definitions/types.ts';
import type { Machinery } from './machinery.ts';
import { inRound, runsApart, type Task, type Workflow } from './model.ts';
import { resolveContext } from './scope.ts';
import { nameDynamicTask } from './tasks/dynamic.ts';
import { systemTasks } from './tasks/index.ts';

/**
 * The tasks to schedule for a place in the workflow: one, and what its type schedules with it. Those already begun under
 * the same reference name are left out. In a round of a loop they are named after it.
 *
 * @throws {EndWorkflow} when the workflow cannot go on here.
 * @throws {ConductorError} when the call that got here fails with it, as on the real server.
 */
export async function mapTasks(
  machinery: Machinery,
  workflow: Workflow,
  place: PlannedTask,
  iteration = 0,
): Promise<Task[]> {
  const taskId = randomUUID();
  const input = place.input(resolveContext(workflow, taskId));
  const planned = place.task.type === 'DYNAMIC' ? nameDynamicTask(place, input) : place;
  const task = newTask(workflow, planned, taskId, input);
  const mapped = [task];
  const map = systemTasks[task.type]?.map;
  if (map)
    mapped.push(
      ...(await map(task, { machinery, mapTasks: (other, round) => mapTasks(machinery, workflow, other, round) })),
    );
  for (const one of mapped) {
    one.reference = inRound(one.reference, iteration);
    one.iteration = iteration;
  }
  return mapped.filter((one) => !hasBegun(workflow, one.reference));
}

function hasBegun(workflow: Workflow, reference: string): boolean {
  return workflow.tasks.some((one) => one.reference === reference && one.status !== 'SCHEDULED');
}

export function newTask(workflow: Workflow, planned: PlannedTask, taskId: string, inputData: Json): Task {
  const { name, taskReferenceName, startDelay } = planned.task;
  const now = Date.now();
  const type = runsAs(planned);
  const simple = type === 'SIMPLE';
  const system = systemTasks[type];
  const apart = runsApart({ type });
  const waits = apart || (system?.isQueued ?? false);
  const isDelayed = waits && !apart && startDelay > 0;
  return {
    taskId,
    workflow,
    planned,
    type,
    taskType: simple ? name : (system?.shownAs ?? type),
    domain: undefined,
    reference: taskReferenceName,
    iteration: 0,
    taskDefName: system?.shownName ?? name,
    status: apart || isDelayed ? 'SCHEDULED' : 'IN_PROGRESS',
    inputData,
    outputData: {},
    reasonForIncompletion: undefined,
    retryCount: 0,
    retriedTaskId: undefined,
    seq: 0,
    pollCount: 0,
    workerId: undefined,
    callbackAfterSeconds: waits ? startDelay : 0,
    startDelayInSeconds: simple ? startDelay : 0,
    scheduledTime: now,
    firstScheduledTime: 0,
    startTime: apart || isDelayed ? 0 : now,
    updateTime: 0,
    endTime: 0,
    retried: false,
    executed: false,
    waitUntil: 0,
    notBefore: isDelayed ? now + startDelay * 1000 : 0,
    subWorkflowId: undefined,
    started: undefined,
    loopItems: undefined,
    logs: [],
  };
}

/** A DYNAMIC task is of the type it names, or a task for workers. */
function runsAs({ task: { type, name } }: PlannedTask): string {
  if (type !== 'DYNAMIC') return type;
  return Object.hasOwn(systemTasks, name) ? name : 'SIMPLE';
}
