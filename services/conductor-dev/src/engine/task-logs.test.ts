import { describe, expect, test } from 'vitest';
import type { Task } from './model.ts';
import { addLogs } from './task-logs.ts';

const emptyTask = () => ({ taskId: 't', logs: [] }) as unknown as Task;

describe('logs of a task', () => {
  test('the newest thousand lines are kept', () => {
    const task = emptyTask();
    for (let line = 0; line < 1500; line += 1) addLogs(task, [{ log: `line ${line}`, createdTime: line }]);
    expect([task.logs.length, task.logs[0], task.logs.at(-1)]).toEqual([
      1000,
      { log: 'line 500', createdTime: 500, taskId: 't' },
      { log: 'line 1499', createdTime: 1499, taskId: 't' },
    ]);
    addLogs(
      task,
      Array.from({ length: 3000 }, (_, line) => ({ log: `more ${line}` })),
    );
    expect([task.logs.length, task.logs.at(-1)]).toEqual([1000, { log: 'more 2999', createdTime: 0, taskId: 't' }]);
  });

  test('of long lines those that fit in a megabyte', () => {
    const task = emptyTask();
    for (let line = 0; line < 5; line += 1) addLogs(task, [{ log: String(line).repeat(400_000) }]);
    expect(task.logs.map(({ log }) => String(log)[0])).toEqual(['3', '4']);
    addLogs(task, [{ log: 'x'.repeat(2_000_000) }]);
    expect(task.logs).toEqual([]);
  });
});
