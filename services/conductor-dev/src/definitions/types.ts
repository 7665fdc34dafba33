/** A JSON object. */
export type Json = Record<string, unknown>;

export type TimeoutPolicy = 'RETRY' | 'TIME_OUT_WF' | 'ALERT_ONLY';
export type RetryLogic = 'FIXED' | 'EXPONENTIAL_BACKOFF' | 'LINEAR_BACKOFF';

/** What the engine uses of a task's definition; durations in seconds, 0 is none. The rest is kept as it was sent. */
export interface TaskDef extends Json {
  name: string;
  retryCount: number;
  retryLogic: RetryLogic;
  retryDelaySeconds: number;
  backoffScaleFactor: number;
  maxRetryDelaySeconds: number;
  backoffJitterMs: number;
  timeoutSeconds: number;
  timeoutPolicy: TimeoutPolicy;
  responseTimeoutSeconds: number;
  pollTimeoutSeconds?: number;
  totalTimeoutSeconds: number;
  inputTemplate: Json;
}

/** What the engine uses of a task's place in a workflow. */
export interface WorkflowTask extends Json {
  name: string;
  taskReferenceName: string;
  type: string;
  inputParameters: Json;
  decisionCases: Record<string, WorkflowTask[]>;
  defaultCase: WorkflowTask[];
  startDelay: number;
  optional: boolean;
  asyncComplete: boolean;
  retryCount?: number;
  evaluatorType?: string;
  expression?: string;
  taskDefinition?: TaskDef;
}

/** What the engine uses of a workflow's definition. */
export interface WorkflowDef extends Json {
  name: string;
  version: number;
  tasks: WorkflowTask[];
  outputParameters: Json;
  inputTemplate: Json;
  variables: Json;
  timeoutPolicy: 'TIME_OUT_WF' | 'ALERT_ONLY';
  timeoutSeconds: number;
  createTime: number;
  updateTime: number;
}

/** The task types this server runs. */
export const taskTypes = [
  'SIMPLE',
  'SET_VARIABLE',
  'INLINE',
  'SWITCH',
  'WAIT',
  'HUMAN',
  'TERMINATE',
  'HTTP',
  'JSON_JQ_TRANSFORM',
] as const;
