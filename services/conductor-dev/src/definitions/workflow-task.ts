import { unreadable, unsupported } from '../errors.ts';
import { collectTasks } from './collect-tasks.ts';
import { Fields, refuse } from './fields.ts';
import { keep, readTaskDef } from './task-def.ts';
import { type SubWorkflowParam, taskTypes, type WorkflowTask } from './types.ts';

/** Members that have no effect here, as they have none on Conductor OSS with its default settings. */
const kept = ['description', 'joinMode'];
/** Members whose effect this server does not have: they are refused unless empty, false or missing. */
const refused = [
  ...['rateLimited', 'onStateChange', 'cacheConfig', 'joinStatus', 'sink'],
  ...['caseValueParam', 'caseExpression', 'scriptExpression'],
];
/** Texts that are left out when they are missing. */
const texts = [
  ...['evaluatorType', 'expression', 'loopCondition', 'items', 'dynamicTaskNameParam'],
  ...['dynamicForkTasksParam', 'dynamicForkTasksInputParamName', 'dynamicForkJoinTasksParam'],
] as const;

/**
 * A task of a workflow with the real server's defaults.
 *
 * @throws {ConductorError} 500 for a member of the wrong type, 501 naming what this server does not have.
 */
export function readWorkflowTask(body: unknown): WorkflowTask {
  const fields = new Fields(body, 'WorkflowTask');
  const type = fields.text('type') ?? 'SIMPLE';
  const name = fields.text('name') ?? '';
  if (!taskTypes.includes(type)) {
    throw unsupported(`task type ${type} (task ${name}); it runs ${taskTypes.join(', ')}`);
  }
  refuse(fields, refused, `task ${name}`);
  const retryCount = fields.integer('retryCount', undefined);
  const taskDefinition = fields.object('taskDefinition', undefined);
  const subWorkflowParam = fields.object('subWorkflowParam', undefined);
  const loopOver = readTasks(fields.raw('loopOver'));
  // The real server stops for good in the second round of the outer one.
  const inner = collectTasks(loopOver).find((child) => child.type === 'DO_WHILE');
  if (inner) throw unsupported(`a DO_WHILE inside another one (task ${inner.name})`);
  const cases = Object.entries(fields.object('decisionCases', {}));
  return {
    ...keep(fields, kept),
    name,
    taskReferenceName: fields.text('taskReferenceName') ?? '',
    inputParameters: fields.object('inputParameters', {}),
    type,
    decisionCases: Object.fromEntries(cases.map(([label, tasks]) => [label, readTasks(tasks)])),
    defaultCase: readTasks(fields.raw('defaultCase')),
    forkTasks: fields.list('forkTasks').map(readTasks),
    startDelay: fields.integer('startDelay', 0),
    ...(subWorkflowParam ? { subWorkflowParam: readSubWorkflowParam(subWorkflowParam) } : {}),
    joinOn: readTexts(fields, 'joinOn'),
    optional: fields.flag('optional', false),
    ...(taskDefinition ? { taskDefinition: readTaskDef(taskDefinition) } : {}),
    defaultExclusiveJoinTask: readTexts(fields, 'defaultExclusiveJoinTask'),
    asyncComplete: readAsyncComplete(fields, type, name),
    loopOver,
    ...(retryCount === undefined ? {} : { retryCount }),
    ...readOptionalTexts(fields),
    onStateChange: {},
    permissive: fields.flag('permissive', false),
    metadata: fields.object('metadata', {}),
  };
}

/** Only HTTP tasks can wait for somebody else to complete them. @throws {ConductorError} 501 */
function readAsyncComplete(fields: Fields, type: string, name: string): boolean {
  const asyncComplete = fields.flag('asyncComplete', false);
  if (asyncComplete && type !== 'HTTP') throw unsupported(`asyncComplete of task ${name} (${type})`);
  return asyncComplete;
}

function readTasks(tasks: unknown): WorkflowTask[] {
  return new Fields({ tasks }, 'WorkflowTask').list('tasks').map(readWorkflowTask);
}

function readTexts(fields: Fields, name: string): string[] {
  return fields.list(name).map((item) => {
    if (typeof item !== 'string') throw unreadable(`JSON parse error: WorkflowTask.${name} has to be a list of texts`);
    return item;
  });
}

function readOptionalTexts(fields: Fields): Partial<Record<(typeof texts)[number], string>> {
  const found: Partial<Record<(typeof texts)[number], string>> = {};
  for (const name of texts) {
    const text = fields.text(name);
    if (text !== undefined) found[name] = text;
  }
  return found;
}

function readSubWorkflowParam(body: unknown): SubWorkflowParam {
  const fields = new Fields(body, 'SubWorkflowParams');
  refuse(fields, ['idempotencyKey', 'idempotencyStrategy'], 'subWorkflowParam');
  const definition = fields.raw('workflowDefinition');
  if (typeof definition === 'string' && !definition.startsWith('${')) {
    throw unreadable('JSON parse error: workflowDefinition is a string, but not a valid DSL string');
  }
  const name = fields.text('name');
  const version = fields.integer('version', undefined);
  const taskToDomain = fields.object('taskToDomain', undefined);
  return {
    ...keep(fields, ['priority', 'workflowDefinition']),
    ...(name === undefined ? {} : { name }),
    ...(version === undefined ? {} : { version }),
    ...(taskToDomain === undefined ? {} : { taskToDomain }),
  };
}
