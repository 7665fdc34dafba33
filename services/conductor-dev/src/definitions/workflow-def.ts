import { unsupported } from '../errors.ts';
import { collectTasks } from './collect-tasks.ts';
import { Fields, isJson, refuse } from './fields.ts';
import { keep } from './task-def.ts';
import type { WorkflowDef, WorkflowTask } from './types.ts';
import { readWorkflowTask } from './workflow-task.ts';

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
/** Members whose effect this server does not have: they are refused unless empty, false or missing. */
const refusedOfWorkflow = ['workflowStatusListenerSink', 'rateLimitConfig', 'cacheConfig', 'maskedFields'];

/**
 * A workflow definition with the real server's defaults.
 *
 * @throws {ConductorError} 500 for a member of the wrong type, 501 naming what this server does not have.
 */
export function readWorkflowDef(body: unknown): WorkflowDef {
  const fields = new Fields(body, 'WorkflowDef');
  refuse(fields, refusedOfWorkflow, `workflow ${fields.text('name')}`);
  const failureWorkflow = fields.text('failureWorkflow');
  if (failureWorkflow?.includes('${'))
    throw unsupported(`an expression as failureWorkflow of workflow ${fields.text('name')}`);
  const failureWorkflowVersion = fields.integer('failureWorkflowVersion', undefined);
  const tasks = fields.list('tasks').map(readWorkflowTask);
  collectTasks(tasks).forEach(readInnerDefinition);
  return {
    ...keep(fields, keptOfWorkflow),
    createTime: 0,
    updateTime: 0,
    name: fields.text('name') ?? '',
    version: fields.integer('version', 1),
    tasks,
    inputParameters: fields.list('inputParameters'),
    outputParameters: fields.object('outputParameters', {}),
    ...(failureWorkflow === undefined ? {} : { failureWorkflow }),
    ...(failureWorkflowVersion === undefined ? {} : { failureWorkflowVersion }),
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

/** Definitions that stand inside SUB_WORKFLOW tasks are read like any other. */
function readInnerDefinition(task: WorkflowTask): void {
  const definition = task.subWorkflowParam?.workflowDefinition;
  if (task.subWorkflowParam && isJson(definition)) {
    task.subWorkflowParam = { ...task.subWorkflowParam, workflowDefinition: readWorkflowDef(definition) };
  }
}
