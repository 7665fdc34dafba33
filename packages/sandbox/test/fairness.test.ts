import { constants, getPriority } from 'node:os';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createSandbox, type Sandbox, type SandboxEvent, type SandboxOptions } from '../src/index.ts';
import { refusal, scriptRun, valueOf } from './support.ts';

let sandbox: Sandbox;
const events: SandboxEvent[] = [];
afterEach(() => sandbox.close());

async function start(options: SandboxOptions): Promise<void> {
  events.length = 0;
  sandbox = await createSandbox({ ...options, onEvent: (event) => events.push(event) });
}

const until = (condition: () => unknown) => expect.poll(condition, { timeout: 30_000, interval: 5 });
const busyOwners = () => sandbox.stats().children.flatMap(({ running, owner }) => (running ? [owner] : []));
/** Runs until the sandbox is closed, or waits so long: of what is slow on a busy machine nothing is to depend. */
const endless = (owner: string, revision = `${owner}@1`) => loop(owner, 240_000, revision);
const loop = (owner: string, deadlineMs = 400, revision = `${owner}@1`) =>
  refusal(sandbox.run(scriptRun('for (;;);', { owner, revision, deadlineMs })));
/** Has to be ended, and is done with: its caller may know sooner. */
async function strike(owner: string): Promise<unknown> {
  const error = await loop(owner);
  await until(() => sandbox.stats().running).toBe(0);
  return error;
}
vi.setConfig({ testTimeout: 90_000 });

describe('half of the pool', () => {
  test('is the most one owner holds; others run meanwhile', async () => {
    await start({ size: 4, spares: 0 });
    const loops = [1, 2, 3, 4, 5].map((number) => endless('greedy', `greedy@${number}`));
    await until(() => busyOwners()).toEqual(['greedy', 'greedy']);
    expect(sandbox.stats()).toMatchObject({ running: 2, waiting: 3 });
    expect(await valueOf(sandbox, '1 + 1', { owner: 'other' })).toBe(2);
    expect(busyOwners().filter((owner) => owner === 'greedy')).toHaveLength(2);
    expect(sandbox.stats()).toMatchObject({ waiting: 3 });
    await sandbox.close();
    await Promise.all(loops);
  });

  test('is waited for during half of a run’s time', async () => {
    await start({ size: 2, spares: 0 });
    const running = endless('greedy');
    const began = performance.now();
    expect(await loop('greedy', 400, 'greedy@2')).toMatchObject({ code: 'sandbox-overloaded' });
    expect(performance.now() - began).toBeGreaterThan(190);
    await sandbox.close();
    await running;
  });

  test('is at least one child', async () => {
    await start({ size: 1, spares: 0 });
    expect(await valueOf(sandbox, '1')).toBe(1);
  });
});

describe('the queue', () => {
  test('has room for half its limit of one owner', async () => {
    await start({ size: 2, spares: 0, queueLimit: 4 });
    const running = loop('greedy', 1_500);
    await until(() => busyOwners()).toEqual(['greedy']);
    const waiting = [1, 2].map(() => valueOf(sandbox, '1', { owner: 'greedy' }));
    const refused = await refusal(valueOf(sandbox, '1', { owner: 'greedy' }));
    expect(refused).toMatchObject({ code: 'sandbox-overloaded' });
    expect(await valueOf(sandbox, '2', { owner: 'other' })).toBe(2);
    expect(await Promise.all([...waiting, running])).toMatchObject([1, 1, { code: 'script-timeout' }]);
  });

  test('gives up what was aborted, and what runs is no longer waited for', async () => {
    await start({ size: 2, spares: 0 });
    const controller = new AbortController();
    const { signal } = controller;
    const runs = [1, 2].map(() => refusal(sandbox.run(scriptRun('for (;;);', { signal, deadlineMs: 1_000 }))));
    await until(() => sandbox.stats()).toMatchObject({ running: 1, waiting: 1 });
    controller.abort(new Error('the caller has gone'));
    for (const error of await Promise.all(runs)) expect(error).toMatchObject({ message: 'the caller has gone' });
    expect(sandbox.stats()).toMatchObject({ waiting: 0 });
    expect(await refusal(sandbox.run(scriptRun('1', { signal })))).toMatchObject({ message: 'the caller has gone' });
    expect(await valueOf(sandbox, '1'), 'the child comes back').toBe(1);
  });
});

describe('a revision that has not shown that its runs end', () => {
  test('holds one process, and its owner’s other revisions need not wait for it', async () => {
    await start({ size: 4, spares: 0 });
    const loops = [1, 2, 3].map(() => endless('orders'));
    expect(sandbox.stats()).toMatchObject({ running: 1, waiting: 2 });
    // Those that wait were there before.
    for (let time = 0; time < 20; time++) {
      expect(await valueOf(sandbox, '1', { owner: 'orders', revision: 'orders@2' })).toBe(1);
    }
    await until(() => sandbox.stats()).toMatchObject({ running: 1, waiting: 2 });
    await sandbox.close();
    await Promise.all(loops);
  });

  test('has as many as others once a run has ended, also in failure', async () => {
    await start({ size: 4, spares: 0 });
    await refusal(sandbox.run(scriptRun('throw 1', { owner: 'orders', revision: 'orders@1' })));
    const loops = [1, 2].map(() => endless('orders'));
    await until(() => sandbox.stats()).toMatchObject({ running: 2, waiting: 0 });
    await sandbox.close();
    await Promise.all(loops);
  });

  test('is one again after a run that had to be ended', async () => {
    await start({ size: 4, spares: 0 });
    expect(await valueOf(sandbox, '1', { owner: 'orders', revision: 'orders@1' })).toBe(1);
    await strike('orders');
    const loops = [1, 2].map(() => endless('orders'));
    expect(sandbox.stats()).toMatchObject({ running: 1, waiting: 1 });
    await sandbox.close();
    await Promise.all(loops);
  });
});

describe('a revision that had to be ended twice in a minute', () => {
  test('runs in the one penalty child, and waits for that alone', async () => {
    await start({ size: 2, spares: 0 });
    for (const time of [1, 2]) expect(await strike('bad'), `time ${time}`).toMatchObject({ code: 'script-timeout' });
    expect(events).toContainEqual({ type: 'revision-penalised', owner: 'bad', revision: 'bad@1' });
    await until(() => sandbox.stats().ready).toBe(3);

    const loops = [1, 2, 3].map(() => endless('bad'));
    await until(() => sandbox.stats()).toMatchObject({ running: 1, waiting: 2 });
    expect(sandbox.stats().children.filter(({ running }) => running)).toMatchObject([{ owner: 'bad', penalty: true }]);
    // Its owner's other revisions, and other owners, have the pool to themselves.
    for (const owner of ['bad', 'good']) expect(await valueOf(sandbox, '1', { owner, revision: `${owner}@2` })).toBe(1);
    expect(await loop('bad'), 'waits for the others').toMatchObject({ code: 'sandbox-overloaded' });
    await sandbox.close();
    await Promise.all(loops);
  });

  test('takes what waits of it along', async () => {
    await start({ size: 2, spares: 0 });
    await strike('bad');
    const second = loop('bad', 1_500);
    await until(busyOwners).toEqual(['bad']);
    const waiting = valueOf(sandbox, '"ran"', { owner: 'bad', revision: 'bad@1' });
    expect(sandbox.stats()).toMatchObject({ running: 1, waiting: 1 });
    expect(await second).toMatchObject({ code: 'script-timeout' });
    expect(await waiting).toBe('ran');
    const penaltyChild = sandbox.stats().children.find(({ penalty }) => penalty);
    expect(penaltyChild, 'that is where it ran').toMatchObject({ owner: 'bad' });
  });

  test('runs with what processor time the others leave', async () => {
    await start({ size: 2, spares: 0 });
    for (let time = 0; time < 2; time++) await strike('bad');
    const priorities = (penalised: boolean) =>
      sandbox
        .stats()
        .children.filter(({ penalty }) => penalty === penalised)
        .map(({ pid }) => getPriority(pid as number));
    await until(() => priorities(true)).toEqual([constants.priority.PRIORITY_LOW]);
    expect(priorities(false)).toEqual([getPriority(), getPriority()]);
  });

  test('does not keep others waiting, however often it comes', async () => {
    await start({ size: 2, spares: 0 });
    for (let time = 0; time < 2; time++) await strike('bad');
    // None of them ends before the others have: it takes no timing to see that they did not wait.
    let ended = 0;
    const loops = Array.from({ length: 50 }, () => endless('bad').finally(() => ended++));
    await until(() => sandbox.stats().children.filter(({ penalty, running }) => penalty && running).length).toBe(1);
    for (let run = 0; run < 50; run++) {
      for (const owner of ['bad', 'good']) {
        expect(await valueOf(sandbox, '1', { owner, revision: `${owner}@2` })).toBe(1);
      }
    }
    expect(ended).toBe(0);
    expect(sandbox.stats().waiting).toBe(49);
    await sandbox.close();
    await Promise.all(loops);
  });
});

test('scripts of two owners never run in the same isolate', async () => {
  await start({ size: 2, spares: 0 });
  const owners = ['a', 'b', 'c', 'd'];
  const runs = Array.from({ length: 200 }, (_, index) => {
    const owner = owners[index % owners.length] as string;
    const script = 'const before = globalThis.mark; globalThis.mark = $; [before ?? null, $]';
    return valueOf(sandbox, script, { owner, value: owner }).then((value) => expect(value).toEqual([null, owner]));
  });
  await Promise.all(runs);
});
