import { ConductorError } from '../errors.ts';
import type { Machinery } from './machinery.ts';
import type { Task, Workflow } from './model.ts';

/** Where the output of a workflow that failed names its failure workflow, or says why there is none. */
const OUTPUT_MEMBER = 'conductor.failure_workflow';

/**
 * Starts the `failureWorkflow` of a workflow that did not complete, unless somebody terminated it. It has the input of the
 * one that failed, and what is known of the failure.
 */
export function startFailureWorkflow(machinery: Machinery, workflow: Workflow, blamed: Task | undefined): void {
  const { failureWorkflow: name = '', failureWorkflowVersion: version } = workflow.plan.def;
  if (name.trim() === '' || workflow.status === 'COMPLETED') return;
  let outcome: string;
  try {
    const { workflow: started } = machinery.startWorkflow(machinery.definitions.plan(name, version), {
      input: {
        ...workflow.input,
        reason: workflow.reasonForIncompletion,
        workflowId: workflow.workflowId,
        failureStatus: workflow.status,
        ...(blamed ? { failureTaskId: blamed.taskId } : {}),
        failedWorkflow: machinery.describe(workflow),
      },
      correlationId: workflow.correlationId,
      priority: 0,
      createdBy: undefined,
      taskToDomain: workflow.taskToDomain,
    });
    outcome = started.workflowId;
  } catch (error) {
    if (!(error instanceof ConductorError)) throw error;
    outcome = `Error workflow ${name} failed to start.  reason: ${error.message}`;
  }
  workflow.output = { ...workflow.output, [OUTPUT_MEMBER]: outcome };
}
