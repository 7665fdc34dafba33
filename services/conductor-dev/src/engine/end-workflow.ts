import { type EndWorkflow, isTerminal, type Task, type Workflow, type WorkflowStatus } from './model.ts';
import { resolveContext } from './scope.ts';

/** Completes a workflow, or ends it as its TERMINATE task says. */
export function completeWorkflow(workflow: Workflow, terminateTask: Task | undefined): void {
  if (!terminateTask) return finish(workflow, 'COMPLETED', undefined);
  const { terminationStatus, terminationReason } = terminateTask.inputData;
  const status = terminationStatus as WorkflowStatus;
  const given =
    typeof terminationReason === 'string' && terminationReason.trim() !== '' ? terminationReason : undefined;
  const reason = given ?? `Workflow is ${status} by TERMINATE task: ${terminateTask.taskId}`;
  finish(workflow, status, reason);
}

/** Ends a workflow because a task failed, it took too long, or somebody asked for it. */
export function failWorkflow(workflow: Workflow, { message, status }: EndWorkflow): void {
  finish(workflow, status, message);
}

/** Ends a workflow that somebody wants ended. */
export function terminateWorkflow(workflow: Workflow, reason: string | undefined): void {
  finish(workflow, 'TERMINATED', reason);
}

function finish(workflow: Workflow, status: WorkflowStatus, reason: string | undefined): void {
  // Set before the output is resolved: an expression of it may name the workflow's status.
  if (status !== 'COMPLETED') workflow.status = status;
  workflow.output = workflowOutput(workflow);
  workflow.status = status;
  workflow.reasonForIncompletion = reason;
  const failed = workflow.tasks.filter(({ status: of }) => of === 'FAILED' || of === 'FAILED_WITH_TERMINAL_ERROR');
  // Those of an earlier end, before a retry, stay.
  workflow.failed = [...new Set([...workflow.failed, ...failed])];
  for (const task of workflow.tasks) {
    if (!isTerminal(task.status)) task.status = 'CANCELED';
    closeTask(task);
  }
}

/** A TERMINATE task's output; else the definition's `outputParameters`; else the output of the last task. */
function workflowOutput(workflow: Workflow): Workflow['output'] {
  const terminated = workflow.tasks.find((task) => task.taskType === 'TERMINATE' && task.status === 'COMPLETED');
  if (terminated) return terminated.outputData;
  const last = workflow.tasks.at(-1);
  if (!last) return workflow.output;
  return workflow.plan.output?.(resolveContext(workflow)) ?? last.outputData;
}

/** Notes when a task ended, once. */
export function closeTask(task: Task): void {
  if (!isTerminal(task.status) || task.endTime !== 0) return;
  task.endTime = Date.now();
  if (task.updateTime === 0) task.updateTime = task.endTime;
}
