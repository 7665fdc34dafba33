import type { PlannedTask } from '../definitions/plan.ts';
import type { Machinery } from './machinery.ts';
import { mapTasks } from './map-task.ts';
import {
  isSuccessful,
  isTerminal,
  runsApart,
  type Task,
  type TaskStatus,
  taskByReference,
  type Workflow,
} from './model.ts';
import { failure, retry } from './retry.ts';
import { hasChildren } from './tasks/switch.ts';
import { checkTaskTimeouts, checkWorkflowTimeout } from './timeouts.ts';

export interface Decision {
  /** New tasks to schedule, and open ones that need no worker to run again; `delayMs` is for a retry. */
  schedule: { task: Task; delayMs: number }[];
  /** The workflow is at its end: all tasks are done, or a TERMINATE task says so. */
  complete: boolean;
  terminateTask: Task | undefined;
}

/** A task that deciding has dealt with, and its status before. */
export interface Note {
  task: Task;
  status: TaskStatus;
}

/**
 * What is to happen next in a workflow, given the state of its tasks: the rules of the real server's `DeciderService`.
 *
 * What it notes on tasks it also adds to `notes`, for {@link takeBack}.
 *
 * @throws {EndWorkflow} when the workflow fails or times out.
 */
export async function decide(machinery: Machinery, workflow: Workflow, notes: Note[]): Promise<Decision> {
  const now = Date.now();
  checkWorkflowTimeout(workflow, now);
  const executed = new Set(workflow.tasks.filter((task) => task.executed).map((task) => task.reference));
  const terminateTask = workflow.tasks.find((task) => task.taskType === 'TERMINATE' && task.status === 'COMPLETED');
  const found = new Map<string, { task: Task; delayMs: number }>();
  const add = (task: Task) => {
    if (!found.has(task.reference)) found.set(task.reference, { task, delayMs: 0 });
  };

  if (workflow.tasks.length === 0) (await mapTasks(machinery, workflow, workflow.plan.first)).forEach(add);
  for (const task of workflow.tasks.filter((one) => !one.retried && !one.executed && one.status !== 'SKIPPED')) {
    if (!runsApart(task) && !isTerminal(task.status)) {
      add(task);
      executed.delete(task.reference);
    }
    checkTaskTimeouts(task, now);
    const { status } = task;
    if (isTerminal(status)) notes.push({ task, status });
    if (isTerminal(status) && !isSuccessful(status)) {
      const next = retry(task);
      if (next) {
        found.set(task.reference, next);
        executed.delete(task.reference);
      } else if (!isPermissive(task)) task.status = 'COMPLETED_WITH_ERRORS';
    }
    if (task.retried || !isTerminal(task.status)) continue;
    const next = hasChildren(task) ? undefined : notSkipped(workflow, task.planned.next);
    // Mapping may throw: only then is the task behind us.
    if (next) (await mapTasks(machinery, workflow, next, roundOf(task))).forEach(add);
    task.executed = true;
  }

  const schedule = [...found.values()].filter(({ task }) => !executed.has(task.reference));
  const complete = terminateTask !== undefined || (schedule.length === 0 && allDone(workflow));
  // What has failed without stopping anything fails the workflow in the end.
  const forgiven = complete && !terminateTask && workflow.tasks.find((task) => isPermissive(task) && hasFailed(task));
  if (forgiven) throw failure(forgiven);
  return { schedule, complete, terminateTask };
}

/**
 * Takes back what deciding has noted on tasks. The real server does not store that when the decision is the workflow's
 * end: an optional last task that failed then still reads FAILED, not COMPLETED_WITH_ERRORS.
 */
export function takeBack(notes: readonly Note[]): void {
  for (const { task, status } of notes) {
    task.status = status;
    task.executed = false;
  }
}

/** The next task that nobody has skipped. */
function notSkipped(workflow: Workflow, planned: PlannedTask | undefined): PlannedTask | undefined {
  const isSkipped = ({ task: { taskReferenceName } }: PlannedTask) =>
    taskByReference(workflow, taskReferenceName)?.status === 'SKIPPED';
  let next = planned;
  while (next && isSkipped(next)) ({ next } = next);
  return next;
}

/** Whether what follows goes on when it fails, and it stays failed: to be `optional` comes before that. */
function isPermissive(task: Task): boolean {
  return task.planned.task.permissive && !task.planned.task.optional;
}

/** The round of the loop it stands in; 0 when it stands in none. */
function roundOf(task: Task): number {
  return task.type === 'DO_WHILE' ? 0 : task.iteration;
}

function hasFailed(task: Task): boolean {
  return !task.retried && isTerminal(task.status) && !isSuccessful(task.status);
}

/** Whether every outermost task is at its end, and nothing that follows one is missing. */
function allDone(workflow: Workflow): boolean {
  if (workflow.tasks.length === 0 || workflow.tasks.some((task) => !isTerminal(task.status))) return false;
  const begun = new Set(workflow.tasks.map((task) => task.reference));
  if (!workflow.plan.outermost.every((reference) => begun.has(reference))) return false;
  const follows = (next: PlannedTask | undefined) => next !== undefined && !begun.has(next.task.taskReferenceName);
  // What follows a task of a loop is up to the loop.
  const isOver = (task: Task) => (task.retried && task.executed) || roundOf(task) > 0;
  return workflow.tasks.every((task) => isOver(task) || !follows(task.planned.next));
}
