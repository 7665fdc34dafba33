import type { SystemTask } from '../system-task.ts';

/** HTTP: runs in the background, apart from the evaluation. */
export const http: SystemTask = {
  isQueued: true,
  map(task) {
    task.inputData = { ...task.inputData, asyncComplete: task.planned.task.asyncComplete };
    return [];
  },
};
