import type { Workflow } from '../engine/model.ts';
import { workflowSummary } from '../search/summaries.ts';

/** The body of a push: a summary of the workflow with every member, in the real server's order. */
export function statusNotification(workflow: Workflow) {
  const summary = workflowSummary(workflow);
  return {
    workflowType: summary.workflowType,
    version: summary.version,
    workflowId: summary.workflowId,
    correlationId: summary.correlationId ?? null,
    startTime: summary.startTime,
    updateTime: summary.updateTime,
    endTime: summary.endTime ?? null,
    status: summary.status,
    input: summary.input,
    output: summary.output,
    reasonForIncompletion: summary.reasonForIncompletion ?? null,
    executionTime: summary.executionTime,
    event: null,
    failedReferenceTaskNames: summary.failedReferenceTaskNames,
    externalInputPayloadStoragePath: null,
    externalOutputPayloadStoragePath: null,
    priority: summary.priority,
    failedTaskNames: summary.failedTaskNames,
    createdBy: null,
    taskToDomain: summary.taskToDomain,
    idempotencyKey: null,
    parentWorkflowId: summary.parentWorkflowId,
    classifier: summary.classifier,
    statusNotifier: null,
    inputSize: summary.inputSize,
    outputSize: summary.outputSize,
  };
}
