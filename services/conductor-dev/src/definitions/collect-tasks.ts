import type { WorkflowTask } from './types.ts';

/** The lists of tasks that stand inside a task: cases, branches, what a loop repeats. */
function innerLists(task: WorkflowTask): WorkflowTask[][] {
  return [...Object.values(task.decisionCases), task.defaultCase, ...task.forkTasks, task.loopOver];
}

/** Every task of a definition, those inside others included, in the order they are written. */
export function collectTasks(tasks: readonly WorkflowTask[]): WorkflowTask[] {
  return tasks.flatMap((task) => [task, ...innerLists(task).flatMap(collectTasks)]);
}
