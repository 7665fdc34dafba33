import { Fields, isJson } from '../definitions/fields.ts';
import type { Json } from '../definitions/types.ts';
import type { TaskResult } from '../engine/engine.ts';
import type { StartRequest } from '../engine/machinery.ts';
import type { Task } from '../engine/model.ts';
import { badRequest, refuseIfAny, unreadable, unsupported, type Violation } from '../errors.ts';

export interface StartBody extends StartRequest {
  name: string | undefined;
  version: number | undefined;
  /** A definition to start instead of a registered one. */
  workflowDef: Json | undefined;
}

/** Features of a start that this server does not have: refused when they are set. */
const refused = ['externalInputPayloadStoragePath'];

/**
 * A `StartWorkflowRequest`. `idempotencyKey` and `idempotencyStrategy` are ignored, as on Conductor OSS; so is any
 * member it does not know, which is why a raw input map starts a workflow with an empty input.
 *
 * @throws {ConductorError} 400, 500 or 501
 */
export function readStart(body: unknown): StartBody {
  const fields = new Fields(body, 'StartWorkflowRequest');
  for (const name of refused) {
    const value = fields.raw(name);
    if (value && !(isJson(value) && Object.keys(value).length === 0)) throw unsupported(`${name} in a start request`);
  }
  const priority = fields.integer('priority', 0);
  const violations: Violation[] = [];
  const outOfRange = (limit: string) => {
    const message = `priority: ${priority} should be ${limit}`;
    violations.push({ path: 'startWorkflow.arg0.priority', message, invalidValue: String(priority) });
  };
  if (priority < 0) outOfRange('minimum 0');
  if (priority > 99) outOfRange('maximum 99');
  refuseIfAny(violations);
  if (fields.raw('input') === null) throw badRequest('NULL input passed when starting workflow');
  return {
    name: fields.text('name'),
    version: fields.integer('version', undefined),
    input: fields.object('input', {}),
    correlationId: fields.text('correlationId'),
    priority,
    createdBy: fields.text('createdBy'),
    taskToDomain: fields.object('taskToDomain', {}),
    workflowDef: fields.object('workflowDef', undefined),
  };
}

/** The name of the workflow to start. @throws {ConductorError} 400 */
export function requireName(name: string | undefined): string {
  if (name === undefined) {
    refuseIfAny([{ path: 'startWorkflow.arg0.name', message: 'Workflow name cannot be null or empty' }]);
  }
  if (!name?.trim()) throw badRequest('Workflow name must be specified when searching for a definition');
  return name;
}

const resultStatuses = ['CANCELED', 'COMPLETED', 'FAILED_WITH_TERMINAL_ERROR', 'FAILED', 'IN_PROGRESS'] as const;

/** @throws {ConductorError} 500 for what is none, as on the real server. */
export function readResultStatus(text: string): TaskResult['status'] {
  if ((resultStatuses as readonly string[]).includes(text)) return text as TaskResult['status'];
  throw unreadable(
    `Method parameter 'status': Failed to convert value of type 'java.lang.String' to required type 'com.netflix.conductor.common.metadata.tasks.TaskResult$Status' for value [${text}]`,
  );
}

/** The result of a task that somebody other than its worker reports: `output` is added to what it has. */
export function signalledResult(task: Task, status: TaskResult['status'], output: Json): TaskResult {
  return {
    workflowInstanceId: task.workflow.workflowId,
    taskId: task.taskId,
    status,
    outputData: { ...task.outputData, ...output },
    reasonForIncompletion: task.reasonForIncompletion,
    workerId: task.workerId,
    callbackAfterSeconds: task.callbackAfterSeconds,
    logs: [],
  };
}

export type ReportedResult = TaskResult & { extendLease: boolean };

/** A `TaskResult`. @throws {ConductorError} 400, 500 or 501 */
export function readTaskResult(body: unknown): ReportedResult {
  const fields = new Fields(body, 'TaskResult');
  const status = fields.choice('status', resultStatuses, undefined);
  const [workflowInstanceId, taskId] = [fields.text('workflowInstanceId') ?? '', fields.text('taskId') ?? ''];
  const violations: Violation[] = [];
  if (workflowInstanceId === '') {
    violations.push({ path: 'updateTask.arg0.workflowInstanceId', message: 'Workflow Id cannot be null or empty' });
  }
  if (taskId === '') violations.push({ path: 'updateTask.arg0.taskId', message: 'Task ID cannot be null or empty' });
  refuseIfAny(violations);
  if (fields.raw('externalOutputPayloadStoragePath'))
    throw unsupported('externalOutputPayloadStoragePath in a task result');
  const extendLease = fields.flag('extendLease', false);
  if (status === undefined && !extendLease) throw unreadable('the task result has no status');
  return {
    workflowInstanceId,
    taskId,
    status: status ?? 'IN_PROGRESS',
    outputData: fields.object('outputData', {}),
    reasonForIncompletion: fields.text('reasonForIncompletion'),
    workerId: fields.text('workerId'),
    callbackAfterSeconds: fields.integer('callbackAfterSeconds', 0),
    logs: fields
      .list('logs')
      .filter(isJson)
      .map((log) => ({ ...log, taskId })),
    extendLease,
  };
}

/** An object as a whole body. @throws {ConductorError} 500 */
export function readMap(body: unknown): Json {
  if (!isJson(body)) throw unreadable('JSON parse error: the body has to be an object');
  return body;
}

/** A list as a whole body. @throws {ConductorError} 500 */
export function readList(body: unknown, type: string): unknown[] {
  if (!Array.isArray(body)) {
    throw unreadable(
      `JSON parse error: Cannot deserialize value of type \`java.util.ArrayList<${type}>\` from Object value`,
    );
  }
  return body;
}
