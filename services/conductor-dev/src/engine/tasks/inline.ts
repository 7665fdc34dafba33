import { javaText } from '../../expressions/java-text.ts';
import { isTerminal, type Task } from '../model.ts';
import { evaluate, isEvaluatorType, ScriptFailure, type ScriptRunner } from '../scripts.ts';
import type { SystemTask } from '../system-task.ts';

/** INLINE: the value of a script. */
export const inline: SystemTask = {
  async run(task, { machinery }) {
    await runInline(machinery.scripts, task);
    return true;
  },
};

async function runInline(scripts: ScriptRunner, task: Task): Promise<void> {
  const { workflow } = task;
  const { evaluatorType = null, expression } = task.inputData;
  const type = evaluatorType === null ? 'javascript' : javaText(evaluatorType);
  // Added to the output, not put in its place: a loop around it has taken hold of the output before, as on the real server.
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
    Object.assign(task.outputData, { result });
    task.status = 'COMPLETED';
  } catch (error) {
    if (!(error instanceof ScriptFailure)) throw error;
    if (isTerminal(task.status)) return;
    task.status = error.retriable ? 'FAILED' : 'FAILED_WITH_TERMINAL_ERROR';
    task.reasonForIncompletion = error.message;
    Object.assign(task.outputData, { error: error.message });
  }
}
