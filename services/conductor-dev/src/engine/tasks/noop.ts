import type { SystemTask } from '../system-task.ts';

/** NOOP: nothing, without an input. */
export const noop: SystemTask = {
  map(task) {
    task.inputData = {};
    return [];
  },
  run(task) {
    task.status = 'COMPLETED';
    return true;
  },
};
