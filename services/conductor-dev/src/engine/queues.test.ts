import { describe, expect, test } from 'vitest';
import type { Task } from './model.ts';
import { TaskQueues } from './queues.ts';
import { Timers } from './timers.ts';

const task = (taskId: string, priority = 0, extra: object = {}) =>
  ({
    ...{ taskId, taskType: 'work', taskDefName: 'work', status: 'SCHEDULED' },
    ...{ workflow: { priority }, planned: { taskDef: {} } },
    ...extra,
  }) as unknown as Task;
const ids = (tasks: Task[]) => tasks.map(({ taskId }) => taskId);
const queuesOf = (...tasks: Task[]) => {
  const queues = new TaskQueues(new Timers());
  for (const one of tasks) queues.push(one, 0);
  return queues;
};

describe('task queues', () => {
  test('give the highest priority first, then the order of arrival', async () => {
    const queues = queuesOf(task('a'), task('b', 5), task('c'), task('d', 5));
    expect(ids(await queues.poll('work', 3, 0))).toEqual(['b', 'd', 'a']);
    expect(ids(await queues.poll('work', 3, 0))).toEqual(['c']);
    expect(await queues.poll('work', 1, 0)).toEqual([]);
    expect(await queues.poll('other', 1, 0)).toEqual([]);
  });

  test('answer who waits as soon as there is something, one caller each', async () => {
    const queues = queuesOf();
    const first = queues.poll('work', 2, 60_000);
    const second = queues.poll('work', 2, 60_000);
    queues.push(task('a'), 0);
    queues.push(task('b'), 5);
    expect(ids(await first)).toEqual(['a']);
    expect(ids(await second)).toEqual(['b']);
  });

  test('keep the tasks of a domain for workers that poll with it', async () => {
    const queues = queuesOf(task('a', 0, { domain: 'mine' }), task('b'));
    expect(queues.isPolled('work', 'mine')).toBe(false);
    expect(ids(await queues.poll('work', 5, 0))).toEqual(['b']);
    expect(ids(await queues.poll('work', 5, 0, undefined, 'mine'))).toEqual(['a']);
    expect(queues.isPolled('work', 'mine')).toBe(true);
  });

  test('give out no more of a task with a limit than it allows, and the next when one comes back', async () => {
    const limited = { planned: { taskDef: { concurrentExecLimit: 1 } } };
    const first = task('a', 0, limited);
    const queues = queuesOf(first, task('b', 0, limited));
    expect(ids(await queues.poll('work', 5, 0))).toEqual(['a']);
    const waiting = queues.poll('work', 5, 60_000);
    queues.release(first);
    expect(ids(await waiting)).toEqual(['b']);
  });

  test('answer with nothing when the time is over', async () => {
    expect(await queuesOf().poll('work', 1, 5)).toEqual([]);
  });

  test('give nothing to a caller that has gone', async () => {
    const queues = queuesOf();
    const gone = new AbortController();
    const waiting = queues.poll('work', 1, 60_000, gone.signal);
    gone.abort();
    expect(await waiting).toEqual([]);
    queues.push(task('a'), 0);
    expect(ids(await queues.poll('work', 1, 0))).toEqual(['a']);
  });

  test('keep no task that was taken out, delayed or not', async () => {
    const [now, later] = [task('now'), task('later')];
    const queues = queuesOf(now);
    queues.push(later, 5);
    queues.remove(now);
    queues.remove(later);
    expect(queues.size('work')).toBe(0);
    expect(await queues.poll('work', 2, 20)).toEqual([]);
  });

  test('of types that are only polled nothing is kept', async () => {
    const queues = queuesOf(task('a'));
    await Promise.all([queues.poll('nothing', 1, 0), queues.poll('nowhere', 1, 5), queues.poll('work', 1, 0)]);
    expect([...queues.sizes()]).toEqual([['work', 0]]);
  });

  test('answer all who wait when they are closed', async () => {
    const queues = queuesOf();
    const waiting = queues.poll('work', 1, 60_000);
    queues.close();
    expect(await waiting).toEqual([]);
  });
});
