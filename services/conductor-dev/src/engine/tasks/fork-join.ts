import { ConductorError } from '../../errors.ts';
import { EndWorkflow, type Task } from '../model.ts';
import type { SystemTask } from '../system-task.ts';

/** FORK_JOIN: begins all its branches, and the JOIN that waits for them. It is complete at once. */
export const forkJoin: SystemTask = {
  shownAs: 'FORK',
  shownName: 'FORK',
  async map(task, { mapTasks }) {
    completeFork(task);
    const tasks: Task[] = [];
    for (const first of task.planned.branches) {
      // The real server's answer to a branch without tasks.
      if (!first) throw new ConductorError(500, 'Index 0 out of bounds for length 0');
      tasks.push(...(await mapTasks(first)));
    }
    const join = task.planned.next;
    if (join?.task.type !== 'JOIN') {
      throw new EndWorkflow('Fork task definition is not followed by a join task.  Check the blueprint', 'FAILED');
    }
    return [...tasks, ...(await mapTasks(join))];
  },
};

export function completeFork(task: Task): void {
  task.status = 'COMPLETED';
  task.endTime = Date.now();
}
