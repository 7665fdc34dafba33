import { isJson } from '../definitions/fields.ts';
import type { Json } from '../definitions/types.ts';
import { javaText } from '../expressions/java-text.ts';
import { isTerminal, type Task } from './model.ts';
import { runJqTransform } from './run-jq-transform.ts';
import { evaluate, isEvaluatorType, ScriptFailure, type ScriptRunner } from './scripts.ts';
import type { Tools } from './tools.ts';

/** The real server's limit for the variables of a workflow, in bytes of JSON. */
const MAX_VARIABLES_BYTES = 256 * 1024;

/** Runs a task that needs no worker, as far as it can. True: its state changed. A WAIT or HUMAN task stays open. */
export async function runSystemTask({ scripts, jq }: Tools, task: Task): Promise<boolean> {
  switch (task.planned.task.type) {
    case 'SWITCH':
      task.status = 'COMPLETED';
      return true;
    case 'SET_VARIABLE':
      setVariables(task);
      return true;
    case 'INLINE':
      await runInline(scripts, task);
      return true;
    case 'JSON_JQ_TRANSFORM':
      await runJqTransform(jq, task);
      return true;
    case 'TERMINATE':
      return runTerminate(task);
    case 'WAIT':
      if (task.waitUntil === 0 || Date.now() < task.waitUntil) return false;
      task.status = 'COMPLETED';
      task.pollCount = 1;
      return true;
    default:
      return false;
  }
}

function setVariables(task: Task): void {
  const { workflow } = task;
  const variables = { ...workflow.variables, ...task.inputData };
  const size = Buffer.byteLength(JSON.stringify(variables));
  if (size > MAX_VARIABLES_BYTES) {
    const limit = MAX_VARIABLES_BYTES / 1024;
    task.reasonForIncompletion = `The variables payload size: ${size} of workflow: ${workflow.workflowId} is greater than the permissible limit: ${limit} kilobytes`;
    task.status = 'FAILED_WITH_TERMINAL_ERROR';
    return;
  }
  workflow.variables = variables;
  task.status = 'COMPLETED';
}

async function runInline(scripts: ScriptRunner, task: Task): Promise<void> {
  const { workflow } = task;
  const { evaluatorType = null, expression } = task.inputData;
  const type = evaluatorType === null ? 'javascript' : javaText(evaluatorType);
  try {
    const blank = 'A non-empty String value must be provided.';
    if (type.trim() === '')
      throw new ScriptFailure(`Empty 'evaluatorType' in INLINE task's input parameters. ${blank}`);
    if (!isEvaluatorType(type)) throw new ScriptFailure(`Unknown evaluator '${type}' in INLINE task.`);
    if (typeof expression !== 'string' || expression.trim() === '') {
      throw new ScriptFailure(`Empty 'expression' in Inline task's input parameters. ${blank}`);
    }
    const source = {
      script: expression,
      input: task.inputData,
      workflow: workflow.plan.def.name,
      task: task.reference,
    };
    const result = await evaluate(scripts, type, source);
    // The workflow may have been terminated meanwhile.
    if (isTerminal(task.status)) return;
    task.outputData = { result };
    task.status = 'COMPLETED';
  } catch (error) {
    if (!(error instanceof ScriptFailure)) throw error;
    if (isTerminal(task.status)) return;
    task.status = error.retriable ? 'FAILED' : 'FAILED_WITH_TERMINAL_ERROR';
    task.reasonForIncompletion = error.message;
    task.outputData = { error: error.message };
  }
}

function runTerminate(task: Task): boolean {
  const { terminationStatus, workflowOutput } = task.inputData;
  if (!['COMPLETED', 'FAILED', 'TERMINATED'].includes(terminationStatus as string)) {
    task.reasonForIncompletion = 'given termination status is not valid';
    task.status = 'FAILED';
    return false;
  }
  task.outputData = terminateOutput(workflowOutput);
  task.status = 'COMPLETED';
  return true;
}

function terminateOutput(output: unknown): Json {
  if (output === null || output === undefined) return {};
  return isJson(output) ? { ...output } : { output };
}
