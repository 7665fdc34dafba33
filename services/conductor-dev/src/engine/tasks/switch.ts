import { javaText } from '../../expressions/java-text.ts';
import { EndWorkflow, type Task } from '../model.ts';
import { evaluate, isEvaluatorType, ScriptFailure } from '../scripts.ts';
import type { MapContext, SystemTask } from '../system-task.ts';

/** SWITCH: goes on with the case that its expression names. */
export const switchTask: SystemTask = {
  shownName: 'SWITCH',
  map: selectCase,
  run(task) {
    task.status = 'COMPLETED';
    return true;
  },
};

/** Evaluates it and gives the tasks of the case it selects. @throws {EndWorkflow} for an evaluator that does not exist. */
async function selectCase(task: Task, { machinery, mapTasks }: MapContext): Promise<Task[]> {
  const { planned, workflow } = task;
  const { evaluatorType = 'null', expression = '' } = planned.task;
  if (!isEvaluatorType(evaluatorType)) {
    throw new EndWorkflow(`No evaluator registered for type: ${evaluatorType}`, 'FAILED');
  }
  let selected: string;
  try {
    const source = {
      script: expression,
      input: task.inputData,
      workflow: workflow.plan.def.name,
      task: task.reference,
    };
    selected = javaText(await evaluate(machinery.scripts, evaluatorType, source));
  } catch (error) {
    if (!(error instanceof ScriptFailure)) throw error;
    task.status = 'FAILED';
    task.reasonForIncompletion = error.message;
    return [];
  }
  task.inputData = { ...task.inputData, case: selected };
  task.outputData = { evaluationResult: [selected], selectedCase: selected };
  const first = planned.cases.has(selected) ? planned.cases.get(selected) : planned.defaultCase;
  if (!first) return [];
  const tasks = await mapTasks(first);
  task.inputData = { ...task.inputData, hasChildren: 'true' };
  return tasks;
}

/** Whether what follows a task is up to the tasks it selected. */
export function hasChildren(task: Task): boolean {
  return task.type === 'SWITCH' && task.inputData.hasChildren != null;
}
