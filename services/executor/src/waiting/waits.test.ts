import { deadlineIn } from '@rostrum/shared/bus';
import { describe, expect, it } from 'vitest';
import { type Conductor, ConductorError, type Task, type WorkflowStatus } from '../domain/conductor.ts';
import { LookTimes } from './look-times.ts';
import { look, type Seen } from './seen.ts';
import { Waits } from './waits.ts';

const running = (): Seen => ({ kind: 'running' });
const ended = (status: WorkflowStatus) => (): Seen => ({ kind: 'ended', state: { status } });
const failing = (fault: 'unreachable' | 'not-found' | 'timeout') => () => {
  throw new ConductorError(fault, 'no');
};

/** Looks are scripted, the last one is repeated; `looked` is when each was, after the start (ms). */
function scripted(looks: (() => Seen)[], waits = new Waits(new LookTimes())) {
  const began = performance.now();
  const looked: number[] = [];
  const next = async (): Promise<Seen> => {
    const one = looks[Math.min(looked.length, looks.length - 1)] as () => Seen;
    looked.push(performance.now() - began);
    return one();
  };
  const wait = (ms = 5_000, goal?: string) =>
    waits.wait({ workflowId: '1', goal, deadline: deadlineIn(ms), look: next });
  return { waits, looked, wait };
}

describe('waiting for a workflow', () => {
  it('looks until it has ended, whichever way', async () => {
    for (const status of ['COMPLETED', 'FAILED', 'TIMED_OUT', 'TERMINATED'] as const) {
      const { wait, looked, waits } = scripted([running, running, ended(status)]);
      expect(await wait()).toEqual({ kind: 'ended', state: { status } });
      expect([looked.length, waits.size]).toEqual([3, 0]);
    }
  });

  it('is over when the caller’s time is up', async () => {
    expect(await scripted([running]).wait(120)).toEqual({ kind: 'running' });
    expect(await scripted([failing('timeout')]).wait(120)).toEqual({ kind: 'running' });
  });

  it('survives failing looks while there is time, and tells of the last one when there is none left', async () => {
    const recovers = scripted([failing('unreachable'), failing('timeout'), ended('COMPLETED')]);
    expect(await recovers.wait()).toMatchObject({ kind: 'ended' });
    await expect(scripted([failing('unreachable')]).wait(120)).rejects.toMatchObject({ fault: 'unreachable' });
  });

  it('ends when the server has forgotten the workflow, but not for one look that found nothing', async () => {
    const forgotten = scripted([failing('not-found')]);
    await expect(forgotten.wait()).rejects.toMatchObject({ fault: 'not-found' });
    expect(forgotten.looked.length).toBeGreaterThan(3);
    expect(await scripted([failing('not-found'), ended('COMPLETED')]).wait()).toMatchObject({ kind: 'ended' });
  });

  it('ends with what a look throws that is no fault of Conductor', async () => {
    const wait = scripted([
      () => {
        throw new TypeError('a fault of ours');
      },
    ]).wait();
    await expect(wait).rejects.toThrow('a fault of ours');
  });

  it('is woken by a push, and a push that comes too early or for nobody changes nothing', async () => {
    const times = new LookTimes();
    times.learn('slow', 4_000, 4_000);
    const { waits, wait, looked } = scripted([running, running, ended('COMPLETED')], new Waits(times));
    const first = times.first('slow');
    const result = wait(10_000, 'slow');
    expect(looked).toEqual([]);
    expect(waits.wake('another')).toBe(false);
    waits.wake('1');
    waits.wake('1');
    await expect.poll(() => looked.length).toBeGreaterThan(0);
    waits.wake('1');
    expect(await result).toMatchObject({ kind: 'ended' });
    expect(looked.at(-1)).toBeLessThan(2_000);
    expect(times.first('slow'), 'nothing is learned from it').toBe(first);
  });

  it('is handed over at once when the process stops, also one that begins after that', async () => {
    const { waits, wait } = scripted([running]);
    const before = wait();
    waits.handOver();
    expect(await before).toEqual({ kind: 'handed-over' });
    expect(await wait()).toEqual({ kind: 'handed-over' });
    expect(waits.size).toBe(0);
  });

  it('says when it has passed two seconds, once', async () => {
    let long = 0;
    const waits = new Waits(new LookTimes());
    // A look that does not come back keeps nobody from being told.
    const silent = () => new Promise<Seen>(() => {});
    const request = { workflowId: '1', goal: undefined, deadline: deadlineIn(30_000), look: silent };
    void waits.wait({ ...request, onLong: () => void (long += 1) });
    await expect.poll(() => long, { timeout: 5_000 }).toBe(1);
    waits.handOver();
  });
});

describe('when to look first', () => {
  const learn = (times: LookTimes, takesMs: number, runs: number) => {
    for (let run = 0; run < runs; run++) {
      // As waits do: look at the first time, then after pauses of a quarter.
      let at = times.first('w');
      let runningAt = -1;
      while (at < takesMs) {
        runningAt = at;
        at += Math.max(5, at / 4);
      }
      times.learn('w', runningAt, at);
    }
  };

  it('is at once for what nobody has seen yet, and for what ends at once', () => {
    const times = new LookTimes();
    expect(times.first('w')).toBe(0);
    learn(times, 0, 50);
    expect(times.first('w')).toBe(0);
  });

  it('is soon after the usual end', () => {
    const times = new LookTimes();
    learn(times, 22, 60);
    expect(times.first('w')).toBeGreaterThan(18);
    expect(times.first('w')).toBeLessThan(32);
  });

  it('is forgotten when the workflow has become faster or slower', () => {
    const times = new LookTimes();
    learn(times, 80, 60);
    learn(times, 2, 40);
    expect(times.first('w')).toBeLessThan(10);
    learn(times, 60, 40);
    expect(times.first('w')).toBeGreaterThan(45);
  });

  it('is well before the end of what takes long, which may end sooner', () => {
    const times = new LookTimes();
    learn(times, 20_000, 60);
    expect(times.first('w')).toBeGreaterThan(500);
    expect(times.first('w')).toBeLessThan(4_000);
  });
});

describe('a look for tasks', () => {
  const task = (referenceTaskName: string, status: string, outputData: unknown = {}, endTime = 1): Task => ({
    ...{ referenceTaskName, status, outputData, endTime },
  });
  const see = (status: WorkflowStatus, ...tasks: Task[]) => {
    const conductor = { workflow: async () => ({ status, tasks }) } as unknown as Conductor;
    const turn = { lane: 'look', share: 's', withinMs: 1_000 } as const;
    return look('1', { waitUntilTasks: ['a', 'b'] }, turn, conductor);
  };

  it('gives the listed task that ended first, while the workflow goes on', async () => {
    expect(await see('RUNNING', task('other', 'COMPLETED'), task('a', 'SCHEDULED'))).toEqual({ kind: 'running' });
    const both = await see('RUNNING', task('a', 'COMPLETED', { n: 1 }, 20), task('b', 'COMPLETED', { n: 2 }, 10));
    expect(both).toEqual({ kind: 'task', output: { n: 2 }, ended: false });
  });

  it('goes by the last attempt of a task that was tried again, and by the last iteration in a loop', async () => {
    const retried = await see('COMPLETED', task('a', 'FAILED'), task('a', 'COMPLETED_WITH_ERRORS', { y: 2 }));
    expect(retried).toEqual({ kind: 'task', output: { y: 2 }, ended: true });
    const looped = await see('RUNNING', task('a__1', 'COMPLETED', { i: 1 }), task('a__2', 'COMPLETED', { i: 2 }));
    expect(looped).toMatchObject({ output: { i: 2 } });
  });

  it('fails with a task that has failed for good; an attempt that may be repeated is no end', async () => {
    const failed = { ...task('a', 'FAILED'), reasonForIncompletion: 'why' };
    expect(await see('RUNNING', failed)).toEqual({ kind: 'running' });
    expect(await see('FAILED', failed)).toEqual({ kind: 'task-failed', task: 'a', reason: 'why', ended: true });
    const terminal = task('b', 'FAILED_WITH_TERMINAL_ERROR');
    expect(await see('RUNNING', terminal)).toMatchObject({ kind: 'task-failed', task: 'b', ended: false });
  });

  it('tells of a workflow that ended without the task', async () => {
    expect(await see('COMPLETED')).toMatchObject({ kind: 'ended' });
  });
});
