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
  /** How many of it workers may have at a time. */
  concurrentExecLimit?: number;
  inputTemplate: Json;
}

/** What the engine uses of a task's place in a workflow. */
export interface WorkflowTask extends Json {
  name: string;
  taskReferenceName: string;
  type: string;
  inputParameters: Json;
  /** SWITCH */
  decisionCases: Record<string, WorkflowTask[]>;
  defaultCase: WorkflowTask[];
  /** FORK_JOIN: its branches. */
  forkTasks: WorkflowTask[][];
  /** JOIN and EXCLUSIVE_JOIN: reference names. */
  joinOn: string[];
  defaultExclusiveJoinTask: string[];
  /** DO_WHILE: what is repeated while the condition holds, or for each of the items. */
  loopOver: WorkflowTask[];
  loopCondition?: string;
  items?: string;
  /** FORK_JOIN_DYNAMIC: the input parameters that hold tasks and their inputs. */
  dynamicForkTasksParam?: string;
  dynamicForkTasksInputParamName?: string;
  dynamicForkJoinTasksParam?: string;
  /** DYNAMIC: the input parameter that holds the type of the task. */
  dynamicTaskNameParam?: string;
  subWorkflowParam?: SubWorkflowParam;
  startDelay: number;
  optional: boolean;
  asyncComplete: boolean;
  /** What follows goes on although it failed; a JOIN, or the end of the workflow, fails then. */
  permissive: boolean;
  retryCount?: number;
  evaluatorType?: string;
  expression?: string;
  taskDefinition?: TaskDef;
}

/** Which workflow a SUB_WORKFLOW task runs; a definition of its own wins over a name. */
export interface SubWorkflowParam extends Json {
  name?: string;
  version?: number;
  taskToDomain?: Json;
  priority?: unknown;
  /** A definition, or an expression that gives one. */
  workflowDefinition?: WorkflowDef | string;
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
  failureWorkflow?: string;
  failureWorkflowVersion?: number;
  createTime: number;
  updateTime: number;
}

/** The task types this server runs. */
export const taskTypes = [
  ...['SIMPLE', 'SET_VARIABLE', 'INLINE', 'SWITCH', 'WAIT', 'HUMAN', 'TERMINATE', 'NOOP', 'FORK_JOIN', 'JOIN'],
  ...['FORK_JOIN_DYNAMIC', 'EXCLUSIVE_JOIN', 'DO_WHILE', 'SUB_WORKFLOW', 'START_WORKFLOW', 'DYNAMIC'],
  ...['HTTP', 'JSON_JQ_TRANSFORM'],
];
