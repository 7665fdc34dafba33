import { inRound, isSuccessful, isTerminal, type Task, taskByReference } from '../model.ts';
import type { SystemTask } from '../system-task.ts';

/**
 * JOIN: waits for the tasks of `joinOn`. One that failed, but was `optional`, completes it with errors; one that was
 * `permissive` fails it when all are at their end.
 */
export const join: SystemTask = {
  shownName: 'JOIN',
  isQueued: true,
  map(task) {
    task.inputData = { joinOn: task.planned.task.joinOn };
    return [];
  },
  run(task) {
    const joined = joinedTasks(task);
    const begun = joined.filter((one) => one !== undefined);
    const allEnded = begun.length === joined.length && begun.every((one) => isTerminal(one.status));
    const failed = begun.filter((one) => !isSuccessful(one.status) && !one.planned.task.optional);
    for (const one of begun) {
      if (Object.keys(one.outputData).length > 0) task.outputData[one.reference] = one.outputData;
      if (failed.includes(one) && (allEnded || !one.planned.task.permissive)) {
        task.status = 'FAILED';
        task.reasonForIncompletion = failed.map((other) => other.reasonForIncompletion ?? 'null').join(' ');
        return true;
      }
    }
    if (!allEnded) return false;
    const withErrors = begun.filter((one) => one.status !== 'COMPLETED' && one.planned.task.optional);
    task.status = withErrors.length > 0 ? 'COMPLETED_WITH_ERRORS' : 'COMPLETED';
    if (withErrors.length > 0) {
      const names = withErrors.map((one) => `${one.taskDefName}/${one.taskId}`);
      task.reasonForIncompletion = `${names.join(' ')} completed with errors`;
    }
    return true;
  },
};

/** The tasks a join names, in a loop those of its round; undefined for one that has not begun. */
export function joinedTasks({ workflow, inputData, iteration }: Task): (Task | undefined)[] {
  const names = Array.isArray(inputData.joinOn) ? inputData.joinOn.map(String) : [];
  return names.map((name) => taskByReference(workflow, inRound(name, iteration)));
}
