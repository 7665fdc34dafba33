import { randomUUID } from 'node:crypto';
import type { TaskDef } from '../definitions/types.ts';
import { EndWorkflow, isRetriable, type Task, type WorkflowStatus } from './model.ts';
import { resolveContext } from './scope.ts';

const MAX_INT = 2 ** 31 - 1;

/** Seconds before the attempt that follows attempt number `retryCount` (the first is 0); jitter not included. */
export function retryDelaySeconds(def: TaskDef, retryCount: number): number {
  const factors = {
    FIXED: 1,
    LINEAR_BACKOFF: def.backoffScaleFactor * (retryCount + 1),
    EXPONENTIAL_BACKOFF: 2 ** retryCount,
  };
  const delay = Math.min(def.retryDelaySeconds * factors[def.retryLogic], MAX_INT);
  return def.maxRetryDelaySeconds > 0 ? Math.min(delay, def.maxRetryDelaySeconds) : delay;
}

/** The next attempt of a task that ended badly, and how many milliseconds from now it may be polled. */
export interface Retry {
  task: Task;
  delayMs: number;
}

/**
 * The next attempt; undefined when there is none and the workflow goes on without it (`optional`, `permissive`).
 *
 * @throws {EndWorkflow} when there is none and the workflow fails.
 */
export function retry(task: Task): Retry | undefined {
  const { planned } = task;
  const { taskDef } = planned;
  const attempts = planned.task.retryCount ?? taskDef.retryCount;
  if (!isRetriable(task.status) || task.type === 'SWITCH' || attempts <= task.retryCount) {
    if (planned.task.optional || planned.task.permissive) return undefined;
    throw failure(task);
  }
  const elapsed = Math.floor((Date.now() - task.firstScheduledTime) / 1000);
  if (taskDef.totalTimeoutSeconds > 0 && elapsed >= taskDef.totalTimeoutSeconds) {
    const reason = `Task ${task.taskId}/${task.taskDefName} exceeded total timeout of ${taskDef.totalTimeoutSeconds} seconds (elapsed ${elapsed} seconds across all attempts). No further retries will be attempted.`;
    throw new EndWorkflow(reason, task.status === 'TIMED_OUT' ? 'TIMED_OUT' : 'FAILED', task);
  }
  const delaySeconds = retryDelaySeconds(taskDef, task.retryCount);
  const next = nextAttempt(task, delaySeconds);
  return { task: next, delayMs: delaySeconds * 1000 + Math.floor(Math.random() * (taskDef.backoffJitterMs + 1)) };
}

/** A new attempt of a task, its parameters resolved anew. */
export function nextAttempt(task: Task, delaySeconds: number): Task {
  const { planned, workflow } = task;
  const taskId = randomUUID();
  task.retried = true;
  return {
    ...task,
    taskId,
    status: 'SCHEDULED',
    inputData: { ...task.inputData, ...planned.input(resolveContext(workflow, taskId)) },
    outputData: {},
    retryCount: task.retryCount + 1,
    retriedTaskId: task.taskId,
    seq: 0,
    pollCount: 0,
    workerId: undefined,
    callbackAfterSeconds: delaySeconds,
    startDelayInSeconds: delaySeconds,
    scheduledTime: Date.now(),
    startTime: 0,
    updateTime: 0,
    endTime: 0,
    retried: false,
    executed: false,
    subWorkflowId: undefined,
    started: undefined,
    logs: [],
  };
}

/** The end of a workflow that a failed task brings. */
export function failure(task: Task): EndWorkflow {
  const status = failedStatus(task);
  const reason = `Task ${task.taskId} failed with status: ${status} and reason: '${task.reasonForIncompletion ?? null}'`;
  return new EndWorkflow(reason, status, task);
}

function failedStatus(task: Task): WorkflowStatus {
  if (task.status === 'CANCELED') return 'TERMINATED';
  return task.status === 'TIMED_OUT' ? 'TIMED_OUT' : 'FAILED';
}
