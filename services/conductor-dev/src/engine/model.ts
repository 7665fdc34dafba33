import type { Plan, PlannedTask } from '../definitions/plan.ts';
import type { Json } from '../definitions/types.ts';
import type { Cancel } from './timers.ts';

export type WorkflowStatus = 'RUNNING' | 'PAUSED' | 'COMPLETED' | 'FAILED' | 'TIMED_OUT' | 'TERMINATED';

export type TaskStatus =
  | 'SCHEDULED'
  | 'IN_PROGRESS'
  | 'COMPLETED'
  | 'COMPLETED_WITH_ERRORS'
  | 'FAILED'
  | 'FAILED_WITH_TERMINAL_ERROR'
  | 'TIMED_OUT'
  | 'SKIPPED'
  | 'CANCELED';

/** A task of a running workflow, or one attempt of it: a retry is a task of its own. Times in ms since the epoch, 0 is not yet. */
export interface Task {
  readonly taskId: string;
  readonly workflow: Workflow;
  readonly planned: PlannedTask;
  /** What workers poll for: a SIMPLE task's name, else the type. */
  readonly taskType: string;
  readonly reference: string;
  readonly taskDefName: string;
  status: TaskStatus;
  inputData: Json;
  outputData: Json;
  reasonForIncompletion: string | undefined;
  retryCount: number;
  retriedTaskId: string | undefined;
  /** Position in the workflow, from 1. */
  seq: number;
  pollCount: number;
  workerId: string | undefined;
  callbackAfterSeconds: number;
  startDelayInSeconds: number;
  scheduledTime: number;
  firstScheduledTime: number;
  startTime: number;
  updateTime: number;
  endTime: number;
  /** Whether another attempt follows this one. */
  retried: boolean;
  /** Whether what follows it has been scheduled. */
  executed: boolean;
  /** When a WAIT task ends by itself; 0: when it is told. */
  waitUntil: number;
  logs: Json[];
}

export interface Workflow {
  readonly workflowId: string;
  plan: Plan;
  correlationId: string | undefined;
  readonly priority: number;
  input: Json;
  createTime: number;
  readonly createdBy: string | undefined;
  readonly tasks: Task[];
  /** Once it is over it changes only when it is retried, rerun or restarted. */
  status: WorkflowStatus;
  output: Json;
  variables: Json;
  reasonForIncompletion: string | undefined;
  updateTime: number;
  endTime: number;
  /** When it was retried or resumed last; 0: never. */
  lastRetriedTime: number;
  /** The tasks that had failed whenever it ended, without optional ones. */
  failed: readonly Task[];
  /** Takes its next wake-up out. */
  cancelTimer: Cancel | undefined;
  /** The evaluation under way: one at a time. */
  deciding: Promise<void> | undefined;
  /** Something happened during the evaluation: it is to look again. */
  changed: boolean;
  /** Called after each change. */
  readonly watchers: Set<() => void>;
}

/** Whether a workflow has ended: one that is paused has not. */
export function isOver({ status }: Workflow): boolean {
  return status !== 'RUNNING' && status !== 'PAUSED';
}

export function isTerminal(status: TaskStatus): boolean {
  return status !== 'SCHEDULED' && status !== 'IN_PROGRESS';
}

/** A status that is not an end counts as successful, as on the real server. */
export function isSuccessful(status: TaskStatus): boolean {
  return !['CANCELED', 'FAILED', 'FAILED_WITH_TERMINAL_ERROR', 'TIMED_OUT'].includes(status);
}

export function isRetriable(status: TaskStatus): boolean {
  return status !== 'CANCELED' && status !== 'FAILED_WITH_TERMINAL_ERROR';
}

/** As much as a task keeps of the reason why it is not done. */
export function shortReason(reason: string): string {
  return reason.slice(0, 500);
}

/** Whether workers run it. */
export function isForWorkers(task: Task): boolean {
  return task.planned.task.type === 'SIMPLE';
}

/** Whether the server runs it beside the evaluation, so that nobody waits for it. */
export function isInBackground(task: Task): boolean {
  return task.planned.task.type === 'HTTP';
}

/** Whether it waits to be taken up, by a worker or by the server. */
export function isQueued(task: Task): boolean {
  return isForWorkers(task) || isInBackground(task);
}

/** The last attempt under a reference name. */
export function taskByReference(workflow: Workflow, reference: string): Task | undefined {
  return workflow.tasks.findLast((task) => task.reference === reference);
}

/** Ends the evaluation of a workflow and the workflow with it. */
export class EndWorkflow extends Error {
  override name = 'EndWorkflow';
  readonly status: WorkflowStatus;

  constructor(reason: string, status: WorkflowStatus) {
    super(reason);
    this.status = status;
  }
}
