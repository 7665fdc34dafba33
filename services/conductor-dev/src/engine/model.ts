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
  /** How it runs: SIMPLE by workers, anything else here. */
  readonly type: string;
  /** As clients see it, and what workers poll for: a SIMPLE task's name, else the type. */
  readonly taskType: string;
  /** Reserved for workers that poll with this domain. */
  domain: string | undefined;
  /** The reference name; in a loop with the number of the round: `call__2`. */
  reference: string;
  /** The round of the loop it belongs to, from 1; of a DO_WHILE itself, the round it is in. 0: there is none. */
  iteration: number;
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
  /** A task without a worker does not run before this. */
  notBefore: number;
  /** The workflow that a SUB_WORKFLOW task has started. */
  subWorkflowId: string | undefined;
  /** What it has started and still waits for. */
  started: Workflow | undefined;
  /** What a DO_WHILE goes through. */
  loopItems: readonly unknown[] | undefined;
  logs: Json[];
}

export interface Workflow {
  readonly workflowId: string;
  plan: Plan;
  correlationId: string | undefined;
  readonly priority: number;
  /** By task type, or `*`: the domains of workers, separated by commas. */
  readonly taskToDomain: Json;
  /** The workflow and its SUB_WORKFLOW task that started this one. */
  readonly parentWorkflowId: string | undefined;
  readonly parentWorkflowTaskId: string | undefined;
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
export function isForWorkers(task: Pick<Task, 'type'>): boolean {
  return task.type === 'SIMPLE';
}

/** A reference name in a round of a loop; 0 is none. */
export function inRound(reference: string, iteration: number): string {
  return iteration > 0 ? `${reference}__${iteration}` : reference;
}

/** Whether the server runs it beside the evaluation, so that nobody waits for it. */
export function isInBackground(task: Pick<Task, 'type'>): boolean {
  return task.type === 'HTTP';
}

/** Whether it runs apart from the evaluation: by a worker, or by the server in the background. */
export function runsApart(task: Pick<Task, 'type'>): boolean {
  return isForWorkers(task) || isInBackground(task);
}

/** The last attempt under a reference name. */
export function taskByReference(workflow: Workflow, reference: string): Task | undefined {
  return workflow.tasks.findLast((task) => task.reference === reference);
}

/** The last task at a place of the definition: of a loop's, the one of its last round. */
export function taskAt(workflow: Workflow, reference: string): Task | undefined {
  return workflow.tasks.findLast((task) => task.planned.task.taskReferenceName === reference);
}

/** Ends the evaluation of a workflow and the workflow with it. */
export class EndWorkflow extends Error {
  override name = 'EndWorkflow';
  readonly status: WorkflowStatus;
  /** The task that is to blame. */
  readonly task: Task | undefined;

  constructor(reason: string, status: WorkflowStatus, task?: Task) {
    super(reason);
    this.status = status;
    this.task = task;
  }
}
