import { unsupported } from '../errors.ts';
import { Fields, isJson } from './fields.ts';
import { keep, readTaskDef } from './task-def.ts';
import { taskTypes, type WorkflowDef, type WorkflowTask } from './types.ts';

/** Members that have no effect here, as they have none on Conductor OSS with its default settings. */
const keptOfWorkflow = [
  'description',
  'ownerApp',
  'ownerEmail',
  'createdBy',
  'updatedBy',
  'inputSchema',
  'outputSchema',
];
const keptOfTask = ['description'];
/** Members whose effect this server does not have: they are refused unless empty, false or missing. */
const refusedOfWorkflow = [
  'failureWorkflow',
  'workflowStatusListenerSink',
  'rateLimitConfig',
  'cacheConfig',
  'maskedFields',
];
const refusedOfTask = [
  ...['permissive', 'rateLimited', 'onStateChange', 'cacheConfig', 'joinStatus', 'joinMode', 'sink'],
  ...[
    'dynamicTaskNameParam',
    'caseValueParam',
    'caseExpression',
    'scriptExpression',
    'subWorkflowParam',
    'loopCondition',
  ],
  ...['dynamicForkTasksParam', 'dynamicForkTasksInputParamName', 'dynamicForkJoinTasksParam', 'items'],
  ...['forkTasks', 'joinOn', 'defaultExclusiveJoinTask', 'loopOver'],
];

/**
 * A workflow definition with the real server's defaults.
 *
 * @throws {ConductorError} 500 for a member of the wrong type, 501 naming what this server does not have.
 */
export function readWorkflowDef(body: unknown): WorkflowDef {
  const fields = new Fields(body, 'WorkflowDef');
  refuse(fields, refusedOfWorkflow, `workflow ${fields.text('name')}`);
  return {
    ...keep(fields, keptOfWorkflow),
    createTime: 0,
    updateTime: 0,
    name: fields.text('name') ?? '',
    version: fields.integer('version', 1),
    tasks: fields.list('tasks').map(readWorkflowTask),
    inputParameters: fields.list('inputParameters'),
    outputParameters: fields.object('outputParameters', {}),
    schemaVersion: fields.integer('schemaVersion', 2),
    restartable: fields.flag('restartable', true),
    workflowStatusListenerEnabled: fields.flag('workflowStatusListenerEnabled', false),
    timeoutPolicy: fields.choice('timeoutPolicy', ['TIME_OUT_WF', 'ALERT_ONLY'], 'ALERT_ONLY'),
    timeoutSeconds: fields.integer('timeoutSeconds', 0),
    variables: fields.object('variables', {}),
    inputTemplate: fields.object('inputTemplate', {}),
    enforceSchema: fields.flag('enforceSchema', true),
    metadata: fields.object('metadata', {}),
    maskedFields: [],
  };
}

function readWorkflowTask(body: unknown): WorkflowTask {
  const fields = new Fields(body, 'WorkflowTask');
  const type = fields.text('type') ?? 'SIMPLE';
  const name = fields.text('name') ?? '';
  if (!(taskTypes as readonly string[]).includes(type)) {
    throw unsupported(`task type ${type} (task ${name}); it runs ${taskTypes.join(', ')}`);
  }
  refuse(fields, refusedOfTask, `task ${name}`);
  const retryCount = fields.integer('retryCount', undefined);
  const evaluatorType = fields.text('evaluatorType');
  const expression = fields.text('expression');
  const taskDefinition = fields.object('taskDefinition', undefined);
  const cases = Object.entries(fields.object('decisionCases', {}));
  return {
    ...keep(fields, keptOfTask),
    name,
    taskReferenceName: fields.text('taskReferenceName') ?? '',
    inputParameters: fields.object('inputParameters', {}),
    type,
    decisionCases: Object.fromEntries(cases.map(([label, tasks]) => [label, readCase(tasks)])),
    defaultCase: fields.list('defaultCase').map(readWorkflowTask),
    forkTasks: [],
    startDelay: fields.integer('startDelay', 0),
    joinOn: [],
    optional: fields.flag('optional', false),
    ...(taskDefinition ? { taskDefinition: readTaskDef(taskDefinition) } : {}),
    defaultExclusiveJoinTask: [],
    asyncComplete: readAsyncComplete(fields, type, name),
    loopOver: [],
    ...(retryCount === undefined ? {} : { retryCount }),
    ...(evaluatorType === undefined ? {} : { evaluatorType }),
    ...(expression === undefined ? {} : { expression }),
    onStateChange: {},
    permissive: false,
    metadata: fields.object('metadata', {}),
  };
}

/** Only HTTP tasks can wait for somebody else to complete them. @throws {ConductorError} 501 */
function readAsyncComplete(fields: Fields, type: string, name: string): boolean {
  const asyncComplete = fields.flag('asyncComplete', false);
  if (asyncComplete && type !== 'HTTP') throw unsupported(`asyncComplete of task ${name} (${type})`);
  return asyncComplete;
}

function readCase(tasks: unknown): WorkflowTask[] {
  return new Fields({ tasks }, 'WorkflowTask.decisionCases').list('tasks').map(readWorkflowTask);
}

/** @throws {ConductorError} 501 when a member with an effect this server does not have is set. */
function refuse(fields: Fields, names: readonly string[], where: string): void {
  for (const name of names) {
    const value = fields.raw(name);
    const empty = (Array.isArray(value) && value.length === 0) || (isJson(value) && Object.keys(value).length === 0);
    if (value && !empty) throw unsupported(`${name} of ${where}`);
  }
}

/** Every task of a definition, those inside the cases of SWITCH tasks included, in the order they are written. */
export function collectTasks(tasks: readonly WorkflowTask[]): WorkflowTask[] {
  return tasks.flatMap((task) => [
    task,
    ...Object.values(task.decisionCases).flatMap(collectTasks),
    ...collectTasks(task.defaultCase),
  ]);
}
