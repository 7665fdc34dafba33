import type { ResolveContext } from '../expressions/template.ts';
import { type Task, taskAt, type Workflow } from './model.ts';

/** What expressions of a workflow can name: `workflow`, and its tasks by reference name (of each the last attempt, in a loop that of the last round). */
export function resolveContext(workflow: Workflow, taskId?: string): ResolveContext {
  const scope = (root: string) => {
    if (root === 'workflow') return workflowMembers(workflow);
    const task = taskAt(workflow, root);
    return task && taskMembers(task);
  };
  return taskId === undefined ? { scope } : { scope, taskId };
}

function workflowMembers(workflow: Workflow) {
  return {
    input: workflow.input,
    output: workflow.output,
    status: workflow.status,
    workflowId: workflow.workflowId,
    parentWorkflowId: workflow.parentWorkflowId ?? null,
    parentWorkflowTaskId: workflow.parentWorkflowTaskId ?? null,
    workflowType: workflow.plan.def.name,
    version: workflow.plan.def.version,
    correlationId: workflow.correlationId ?? null,
    reasonForIncompletion: workflow.reasonForIncompletion ?? null,
    schemaVersion: 2,
    variables: workflow.variables,
  };
}

function taskMembers(task: Task) {
  return {
    input: task.inputData,
    output: task.outputData,
    taskType: task.taskType,
    status: task.status,
    referenceTaskName: task.reference,
    retryCount: task.retryCount,
    correlationId: task.workflow.correlationId ?? null,
    pollCount: task.pollCount,
    taskDefName: task.taskDefName,
    scheduledTime: task.scheduledTime,
    startTime: task.startTime,
    endTime: task.endTime,
    workflowInstanceId: task.workflow.workflowId,
    taskId: task.taskId,
    reasonForIncompletion: task.reasonForIncompletion ?? null,
    callbackAfterSeconds: task.callbackAfterSeconds,
    workerId: task.workerId ?? null,
    iteration: task.iteration,
  };
}
