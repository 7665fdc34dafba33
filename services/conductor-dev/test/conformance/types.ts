/**
 * A case of the table: what is defined, what is done, what must come of it. `@@` in any string stands for a prefix that
 * is the case's own in this run, so that a run can be repeated against the same server; it stands in what comes back too.
 * `{http}` is the address of an HTTP server for tasks to call (`http-target.ts`), `{host}` its host and port.
 * In what comes back ids read `<id>`, and counted seconds (`timed out after 3 seconds`) read `<n>`.
 */
export interface Case {
  name: string;
  /** Why something is not compared, or not compared exactly. */
  why?: string;
  taskDefs?: object[];
  /** The first is the one that `start` starts. */
  workflows?: object[];
  steps: Step[];
}

export type Step =
  | { do: 'start'; input?: object; correlationId?: string; version?: number; priority?: number }
  | Work
  | Expect
  | Http;

/** Polls a task as a worker and answers. */
export interface Work {
  do: 'work';
  task: string;
  /** Compared exactly. */
  input?: object;
  reply?: { status: string; [member: string]: unknown };
  /** The path of the answer; `/tasks/update-v2` unless given. */
  via?: '/tasks' | '/tasks/update-v2';
  /** The task must not come earlier than this after the last step that did something began (ms). */
  atLeastMs?: number;
  /** Keeps the task's id under this name, for `{name}` in paths and bodies. */
  as?: string;
}

/** Waits until the workflow has this status, then compares. */
export interface Expect {
  do: 'expect';
  status: string;
  /** Waits also until tasks and output are as they must be, for what the server does by itself later. */
  eventually?: boolean;
  output?: unknown;
  variables?: unknown;
  input?: unknown;
  reason?: string;
  /** All tasks in their order: reference name, status (`*` is any) and other members to compare. */
  tasks?: [reference: string, status: string, members?: object][];
}

/** One request; `{id}` in path and body is the last workflow started, other names are those kept by `as`. */
export interface Http {
  do: 'http';
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH';
  path: string;
  /** Sent as JSON; a string is sent as it is. */
  body?: unknown;
  contentType?: string;
  status: number;
  /** Members that must be so; a string compares the whole text. */
  answer?: unknown;
  /** Asks again until the answer is this one, for what the server does by itself later. */
  eventually?: boolean;
  /** Keeps a member of the answer (a path such as `0.taskId`; a dot in a name is written `\.`), or all of it (``), under this name. */
  keep?: [name: string, path: string];
  /** What the answer must hold no more of than this, in milliseconds of waiting. */
  withinMs?: number;
  /** What the answer must not come before. */
  atLeastMs?: number;
}

/** Shorthands for the tables. */
export const get = (path: string, status: number, answer?: unknown, more: Partial<Http> = {}): Http => ({
  ...{ do: 'http', path, status, ...more },
  ...(answer === undefined ? {} : { answer }),
});
export const post = (
  path: string,
  body: unknown,
  status: number,
  answer?: unknown,
  more: Partial<Http> = {},
): Http => ({
  ...get(path, status, answer, more),
  ...{ method: 'POST', body },
});
export const put = (path: string, status: number, answer?: unknown, more: Partial<Http> = {}): Http => ({
  ...get(path, status, answer, more),
  method: 'PUT',
});
export const remove = (path: string, status: number, answer?: unknown, more: Partial<Http> = {}): Http => ({
  ...get(path, status, answer, more),
  method: 'DELETE',
});
export const simple = (name: string, extra: object = {}) => ({
  name: `@@${name}`,
  taskReferenceName: name,
  type: 'SIMPLE',
  ...extra,
});
export const inline = (reference: string, expression: string, inputParameters: object = {}, extra: object = {}) => ({
  name: reference,
  taskReferenceName: reference,
  type: 'INLINE',
  inputParameters: { evaluatorType: 'javascript', expression, ...inputParameters },
  ...extra,
});
export const system = (type: string, reference: string, inputParameters: object = {}, extra: object = {}) => ({
  name: reference,
  taskReferenceName: reference,
  type,
  inputParameters,
  ...extra,
});
export const workflow = (tasks: object[], extra: object = {}) => ({
  name: '@@flow',
  version: 1,
  ownerEmail: 'conformance@example.com',
  tasks,
  ...extra,
});
export const taskDef = (name: string, extra: object = {}) => ({
  name: `@@${name}`,
  ownerEmail: 'conformance@example.com',
  retryCount: 0,
  retryDelaySeconds: 0,
  ...extra,
});
export const fork = (forkTasks: object[][], extra: object = {}, reference = 'fork') => ({
  name: reference,
  taskReferenceName: reference,
  type: 'FORK_JOIN',
  forkTasks,
  ...extra,
});
export const join = (joinOn: string[], extra: object = {}, reference = 'join') => ({
  name: reference,
  taskReferenceName: reference,
  type: 'JOIN',
  joinOn,
  ...extra,
});
export const exclusiveJoin = (joinOn: string[], defaultExclusiveJoinTask: string[] = []) => ({
  name: 'join',
  taskReferenceName: 'join',
  type: 'EXCLUSIVE_JOIN',
  joinOn,
  defaultExclusiveJoinTask,
});
export const loop = (loopOver: object[], loopCondition: string, extra: object = {}) => ({
  name: 'loop',
  taskReferenceName: 'loop',
  type: 'DO_WHILE',
  loopOver,
  loopCondition,
  ...extra,
});
/** A task that starts `@@child` unless it says otherwise. */
export const subWorkflow = (inputParameters: object = {}, subWorkflowParam: object = {}, extra: object = {}) => ({
  name: 'sub',
  taskReferenceName: 'sub',
  type: 'SUB_WORKFLOW',
  inputParameters,
  subWorkflowParam: { name: '@@child', version: 1, ...subWorkflowParam },
  ...extra,
});
/** A worker takes the task and completes it, or fails. */
export const completes = (name: string, outputData: object = {}): Work => ({
  do: 'work',
  task: `@@${name}`,
  via: '/tasks',
  reply: { status: 'COMPLETED', outputData },
});
export const fails = (name: string, reasonForIncompletion: string, outputData: object = {}): Work => ({
  do: 'work',
  task: `@@${name}`,
  via: '/tasks',
  reply: { status: 'FAILED', reasonForIncompletion, outputData },
});
