import { EndWorkflow, isTerminal, type Task } from './model.ts';
import { JqFailure, type JqRunner } from './tools.ts';

/** Runs the jq program of a task over its input. @throws {EndWorkflow} for a program that is no text, as on the real server. */
export async function runJqTransform(jq: JqRunner, task: Task): Promise<void> {
  const { queryExpression } = task.inputData;
  if (queryExpression === undefined || queryExpression === null) {
    return fail(task, "Missing 'queryExpression' in input parameters");
  }
  if (typeof queryExpression !== 'string') {
    const reason = `Error scheduling tasks: [${task.taskId}], for workflow: ${task.workflow.workflowId}`;
    throw new EndWorkflow(reason, 'FAILED');
  }
  try {
    const resultList = await jq.run(queryExpression, task.inputData);
    // The workflow may have been terminated meanwhile.
    if (isTerminal(task.status)) return;
    task.outputData = { result: resultList[0] ?? null, resultList };
    task.status = 'COMPLETED';
  } catch (error) {
    if (!(error instanceof JqFailure)) throw error;
    if (isTerminal(task.status)) return;
    fail(task, error.message);
    task.outputData = { error: error.message };
  }
}

function fail(task: Task, reason: string): void {
  task.status = 'FAILED';
  task.reasonForIncompletion = reason;
}
