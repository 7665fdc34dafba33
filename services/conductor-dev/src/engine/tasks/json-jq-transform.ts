import { EndWorkflow, isTerminal, type Task } from '../model.ts';
import type { SystemTask } from '../system-task.ts';
import { JqFailure, type JqRunner } from '../tools.ts';

/** JSON_JQ_TRANSFORM: a jq program over the task's input. */
export const jsonJqTransform: SystemTask = {
  async run(task, { machinery }) {
    await runProgram(machinery.jq, task);
    return true;
  },
};

/** @throws {EndWorkflow} for a program that is no text, as on the real server. */
async function runProgram(jq: JqRunner, task: Task): Promise<void> {
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
