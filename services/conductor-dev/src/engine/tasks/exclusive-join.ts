import { isSuccessful, isTerminal, taskByReference } from '../model.ts';
import type { SystemTask } from '../system-task.ts';
import { joinedTasks } from './join.ts';

/**
 * EXCLUSIVE_JOIN: has the outcome of the first task of `joinOn` that has begun. When that is not at its end, or none has
 * begun, of the first of `defaultExclusiveJoinTask`.
 */
export const exclusiveJoin: SystemTask = {
  shownName: 'EXCLUSIVE_JOIN',
  map(task) {
    const { joinOn, defaultExclusiveJoinTask } = task.planned.task;
    task.inputData = { joinOn, defaultExclusiveJoinTask };
    return [];
  },
  run(task) {
    const { workflow, planned } = task;
    const defaults = planned.task.defaultExclusiveJoinTask.map((name) => taskByReference(workflow, name));
    const first = joinedTasks(task).find((one) => one !== undefined);
    const found = first && isTerminal(first.status) ? first : defaults.find((one) => one !== undefined);
    if (!found || !isTerminal(found.status)) return false;
    if (isSuccessful(found.status)) {
      task.outputData = found.outputData;
      task.status = 'COMPLETED';
    } else {
      task.reasonForIncompletion = `${found.reasonForIncompletion ?? null} `;
      task.status = 'FAILED';
    }
    return true;
  },
};
