import { isJson } from '../../definitions/fields.ts';
import { taskTypes, type WorkflowTask } from '../../definitions/types.ts';
import { readWorkflowTask } from '../../definitions/workflow-task.ts';
import type { Task } from '../model.ts';
import type { Forked } from './fork-join-dynamic.ts';

/**
 * The same task for each of `forkTaskInputs`: a SIMPLE one named `forkTaskName`, one of `forkTaskType`, or the workflow
 * `forkTaskWorkflow`. Undefined when there is no such list. The tasks are named `_name_0`, `_name_1`, …
 */
export function sameTaskForEach(task: Task): Forked | undefined {
  const { inputData, planned, workflow } = task;
  const { forkTaskInputs, forkTaskWorkflow, forkTaskWorkflowVersion } = inputData;
  if (!Array.isArray(forkTaskInputs)) return undefined;
  const type = typeof inputData.forkTaskType === 'string' ? inputData.forkTaskType : undefined;
  const fallback =
    type !== undefined && type !== 'SIMPLE' && taskTypes.includes(type) ? type : planned.task.taskReferenceName;
  const name = typeof inputData.forkTaskName === 'string' ? inputData.forkTaskName : fallback;
  const names = new Set(workflow.tasks.map((one) => one.planned.task.taskReferenceName));
  const tasks = forkTaskInputs.map((input: unknown, index): WorkflowTask => {
    const short = `_${name}_${index}`;
    const own = `_${planned.task.taskReferenceName}_${name}_${index}`;
    const inputParameters = { ...(isJson(input) ? input : { input }), __index: index };
    const common = { taskReferenceName: names.has(short) ? own : short, optional: planned.task.optional };
    if (typeof forkTaskWorkflow !== 'string') {
      return { ...readWorkflowTask({ ...common, name, type: type ?? 'SIMPLE' }), inputParameters };
    }
    const version = Number.parseInt(String(forkTaskWorkflowVersion), 10);
    const subWorkflowParam = { name: forkTaskWorkflow, ...(Number.isNaN(version) ? {} : { version }) };
    return {
      ...readWorkflowTask({ ...common, name: forkTaskWorkflow, type: 'SUB_WORKFLOW', subWorkflowParam }),
      inputParameters,
    };
  });
  return { tasks, inputs: Object.fromEntries(tasks.map((one) => [one.taskReferenceName, one.inputParameters])) };
}
