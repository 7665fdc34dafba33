import { type Violation, unsupported } from '../errors.ts';
import { Fields } from './fields.ts';
import type { Json, TaskDef } from './types.ts';

/** Members that are kept and given back, with no effect here as on the real server. */
const kept = [
  'description',
  'ownerEmail',
  'ownerApp',
  'createdBy',
  'updatedBy',
  'baseType',
  'inputSchema',
  'outputSchema',
];
/** Members whose effect this server does not have: any value but these is refused. */
const refused: Record<string, readonly unknown[]> = {
  rateLimitPerFrequency: [0],
  isolationGroupId: [],
  executionNameSpace: [],
};

/**
 * A task definition with the real server's defaults.
 *
 * @throws {ConductorError} 500 for a member of the wrong type, 501 for a feature this server does not have.
 */
export function readTaskDef(body: unknown): TaskDef {
  const fields = new Fields(body, 'TaskDef');
  for (const [name, harmless] of Object.entries(refused)) {
    const value = fields.raw(name);
    if (value !== undefined && value !== null && !harmless.includes(value)) {
      throw unsupported(`${name} of a task definition (${fields.text('name')})`);
    }
  }
  const runtimeMetadata = fields.list('runtimeMetadata');
  if (runtimeMetadata.length > 0) throw unsupported(`runtimeMetadata of a task definition (${fields.text('name')})`);
  const concurrentExecLimit = fields.integer('concurrentExecLimit', undefined);
  const pollTimeoutSeconds = fields.integer('pollTimeoutSeconds', undefined);
  return {
    ...keep(fields, kept),
    createTime: 0,
    updateTime: 0,
    name: fields.text('name') ?? '',
    retryCount: fields.integer('retryCount', 3),
    timeoutSeconds: fields.integer('timeoutSeconds', 0),
    inputKeys: fields.list('inputKeys'),
    outputKeys: fields.list('outputKeys'),
    runtimeMetadata,
    timeoutPolicy: fields.choice('timeoutPolicy', ['RETRY', 'TIME_OUT_WF', 'ALERT_ONLY'], 'TIME_OUT_WF'),
    retryLogic: fields.choice('retryLogic', ['FIXED', 'EXPONENTIAL_BACKOFF', 'LINEAR_BACKOFF'], 'FIXED'),
    retryDelaySeconds: fields.integer('retryDelaySeconds', 60),
    responseTimeoutSeconds: fields.integer('responseTimeoutSeconds', 3600),
    ...(concurrentExecLimit === undefined ? {} : { concurrentExecLimit }),
    inputTemplate: fields.object('inputTemplate', {}),
    rateLimitPerFrequency: 0,
    rateLimitFrequencyInSeconds: fields.integer('rateLimitFrequencyInSeconds', 1),
    ...(pollTimeoutSeconds === undefined ? {} : { pollTimeoutSeconds }),
    backoffScaleFactor: fields.integer('backoffScaleFactor', 1),
    maxRetryDelaySeconds: fields.integer('maxRetryDelaySeconds', 0),
    backoffJitterMs: fields.integer('backoffJitterMs', 0),
    totalTimeoutSeconds: fields.integer('totalTimeoutSeconds', 0),
    taskStatusListenerEnabled: fields.flag('taskStatusListenerEnabled', true),
    enforceSchema: fields.flag('enforceSchema', false),
  };
}

/** The definition of a task that nobody defined: a SIMPLE task has the defaults, any other neither retries nor times out. */
export function adHocTaskDef(name: string, type: string): TaskDef {
  const definition = readTaskDef({ name });
  return type === 'SIMPLE' ? definition : { ...definition, retryCount: 0, responseTimeoutSeconds: 0 };
}

/** The faults the real server finds in a task definition, each with its path below `path`. */
export function taskDefViolations(def: TaskDef, path: string): Violation[] {
  const found: Violation[] = [];
  const least = (name: keyof TaskDef & string, minimum: number, message: string) => {
    const value = def[name];
    if (typeof value === 'number' && value < minimum) {
      found.push({ path: `${path}.${name}`, message, invalidValue: String(value) });
    }
  };
  if (def.name === '') found.push({ path: `${path}.name`, message: 'TaskDef name cannot be null or empty' });
  least('retryCount', 0, 'TaskDef retryCount: 0 must be >= 0');
  least(
    'responseTimeoutSeconds',
    1,
    `TaskDef responseTimeoutSeconds: ${def.responseTimeoutSeconds} should be minimum 1 second`,
  );
  least('pollTimeoutSeconds', 0, 'TaskDef pollTimeoutSeconds: 0 must be >= 0');
  least('backoffScaleFactor', 1, 'Backoff scale factor. Applicable for LINEAR_BACKOFF');
  least('maxRetryDelaySeconds', 0, 'TaskDef maxRetryDelaySeconds: 0 must be >= 0');
  least('backoffJitterMs', 0, 'TaskDef backoffJitterMs: 0 must be >= 0');
  least('totalTimeoutSeconds', 0, 'TaskDef totalTimeoutSeconds: 0 must be >= 0');
  const { name, timeoutSeconds, responseTimeoutSeconds, totalTimeoutSeconds } = def;
  if (timeoutSeconds > 0 && responseTimeoutSeconds > timeoutSeconds) {
    const message = `responseTimeoutSeconds: ${responseTimeoutSeconds} must be less than timeoutSeconds: ${timeoutSeconds}`;
    found.push({ path, message: `TaskDef: ${name} ${message}` });
  }
  if (timeoutSeconds > 0 && totalTimeoutSeconds > 0 && timeoutSeconds > totalTimeoutSeconds) {
    const message = `timeoutSeconds: ${timeoutSeconds} must be less than or equal to totalTimeoutSeconds: ${totalTimeoutSeconds}`;
    found.push({ path, message: `TaskDef: ${name} ${message}` });
  }
  return found;
}

/** The named members that are there, as they were sent. */
export function keep(fields: Fields, names: readonly string[]): Json {
  const found: Json = {};
  for (const name of names) {
    const value = fields.raw(name);
    if (value !== undefined && value !== null) found[name] = value;
  }
  return found;
}
