import { createLogger } from '@rostrum/service/logger';
import { deadlineIn } from '@rostrum/shared/bus';
import type { ExecutionRoute } from '@rostrum/shared/revision';
import { describe, expect, it } from 'vitest';
import { type Conductor, ConductorError, type Task, type WorkflowStatus } from '../domain/conductor.ts';
import type { Deps } from './context.ts';
import { waitForEnd } from './wait-for-end.ts';

const route = (waitUntilTasks: string[] = []): ExecutionRoute => ({
  id: 'GET /',
  workflow: { name: 'w' },
  mode: 'SYNCHRONOUS',
  metadataInOutput: false,
  waitUntilTasks,
  timeoutMs: 1_000,
});

/** A conductor whose looks are scripted; the last one is repeated. */
function depsWith(looks: (() => { status: WorkflowStatus; tasks?: Task[] })[]): Deps & { looked: () => number } {
  let count = 0;
  const next = async () => ({
    workflowId: '1',
    output: { n: count },
    ...(looks[Math.min(count++, looks.length - 1)] as () => object)(),
  });
  const conductor = { status: next, workflow: next } as unknown as Conductor;
  const limits = { scriptTimeoutMs: 100, callTimeoutMs: 100 };
  const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  return { conductor, limits, sleep, log: createLogger('t', 'silent'), looked: () => count } as unknown as Deps & {
    looked: () => number;
  };
}
const running = () => ({ status: 'RUNNING' as const });
const ended = (status: WorkflowStatus) => () => ({ status });
const failing = (fault: 'unreachable' | 'not-found' | 'timeout') => () => {
  throw new ConductorError(fault, 'no');
};
const task = (referenceTaskName: string, status: string, outputData: unknown = {}): Task => ({
  referenceTaskName,
  status,
  outputData,
});

describe('waiting for a workflow', () => {
  it('looks until it has ended, whichever way', async () => {
    for (const status of ['COMPLETED', 'FAILED', 'TIMED_OUT', 'TERMINATED'] as const) {
      const deps = depsWith([running, running, ended(status)]);
      expect(await waitForEnd('1', route(), deadlineIn(5_000), deps)).toMatchObject({
        kind: 'ended',
        state: { status },
      });
      expect(deps.looked()).toBe(3);
    }
  });

  it('gives up when the caller’s time is up', async () => {
    expect(await waitForEnd('1', route(), deadlineIn(60), depsWith([running]))).toEqual({ kind: 'running' });
    expect(await waitForEnd('1', route(), deadlineIn(60), depsWith([failing('timeout')]))).toEqual({ kind: 'running' });
  });

  it('survives failing looks while there is time, and tells of the last one when there is none left', async () => {
    const deps = depsWith([failing('unreachable'), failing('timeout'), ended('COMPLETED')]);
    expect(await waitForEnd('1', route(), deadlineIn(5_000), deps)).toMatchObject({ kind: 'ended' });
    await expect(waitForEnd('1', route(), deadlineIn(60), depsWith([failing('unreachable')]))).rejects.toMatchObject({
      code: 'conductor-unavailable',
      extras: { workflowId: '1' },
    });
  });

  it('ends when the server has forgotten the workflow, but not for one look that found nothing', async () => {
    const forgotten = depsWith([failing('not-found')]);
    await expect(waitForEnd('1', route(), deadlineIn(5_000), forgotten)).rejects.toMatchObject({
      code: 'conductor-rejected',
    });
    expect(forgotten.looked()).toBeGreaterThan(3);
    const late = depsWith([failing('not-found'), ended('COMPLETED')]);
    expect(await waitForEnd('1', route(), deadlineIn(5_000), late)).toMatchObject({ kind: 'ended' });
  });
});

describe('waiting for a task', () => {
  const wait = (...looks: { status: WorkflowStatus; tasks: Task[] }[]) =>
    waitForEnd('1', route(['a', 'b']), deadlineIn(5_000), depsWith(looks.map((each) => () => each)));

  it('answers with the first listed task that is done, while the workflow goes on', async () => {
    expect(
      await wait(
        { status: 'RUNNING', tasks: [task('other', 'COMPLETED'), task('a', 'SCHEDULED')] },
        { status: 'RUNNING', tasks: [task('a', 'IN_PROGRESS'), task('b', 'COMPLETED', { x: 1 })] },
      ),
    ).toEqual({ kind: 'task', output: { x: 1 }, ended: false });
  });

  it('goes by the last attempt of a task that was retried', async () => {
    const tasks = [task('a', 'FAILED'), task('a', 'COMPLETED_WITH_ERRORS', { y: 2 })];
    expect(await wait({ status: 'COMPLETED', tasks })).toEqual({ kind: 'task', output: { y: 2 }, ended: true });
  });

  it('fails when the workflow has ended and the task has failed; a failed attempt alone is no end', async () => {
    const tasks = [{ ...task('a', 'FAILED'), reasonForIncompletion: 'why' }];
    expect(await wait({ status: 'RUNNING', tasks }, { status: 'FAILED', tasks })).toEqual({
      kind: 'task-failed',
      task: 'a',
      reason: 'why',
      ended: true,
    });
  });

  it('tells of a workflow that ended without the task', async () => {
    expect(await wait({ status: 'COMPLETED', tasks: [] })).toMatchObject({ kind: 'ended' });
  });
});
