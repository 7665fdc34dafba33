import type { Json } from '../definitions/types.ts';
import type { Task } from './model.ts';

/** What is kept of the logs of one task: the newest lines, and text of that length in all. */
const MAX_LINES = 1000;
const MAX_CHARACTERS = 1024 * 1024;

/** Adds to a task's logs; the oldest make room. */
export function addLogs(task: Task, logs: readonly Json[]): void {
  task.logs.push(...logs.slice(-MAX_LINES).map((log) => ({ createdTime: 0, ...log, taskId: task.taskId })));
  let [kept, characters] = [0, 0];
  for (const { log } of task.logs.toReversed()) {
    characters += typeof log === 'string' ? log.length : 0;
    if (kept === MAX_LINES || characters > MAX_CHARACTERS) break;
    kept += 1;
  }
  task.logs.splice(0, task.logs.length - kept);
}
