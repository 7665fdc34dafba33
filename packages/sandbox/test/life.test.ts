import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { createSandbox, type Sandbox, type SandboxEvent, type SandboxOptions } from '../src/index.ts';
import type { Job } from '../src/job.ts';
import { toLimits } from '../src/limits.ts';
import { Pool } from '../src/pool.ts';
import { ScriptChild } from '../src/script-child.ts';
import { cpuTicks, isAlive, refusal, scriptRun, treeBytes, valueOf } from './support.ts';

let sandbox: Sandbox | undefined;
let events: SandboxEvent[];
afterEach(() => sandbox?.close());

async function start(options: SandboxOptions): Promise<Sandbox> {
  events = [];
  sandbox = await createSandbox({ ...options, onEvent: (event) => events.push(event) });
  return sandbox;
}

const pidsOf = (of: Sandbox) => of.stats().children.map(({ pid }) => pid as number);
const until = (condition: () => unknown) => expect.poll(condition, { timeout: 5_000, interval: 5 });
const hang = 'Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)';

function job(script: string, settle: Job['settle']): Job {
  const deadlineAt = performance.now() + 20_000;
  const state = { waitTimer: undefined, moved: false, settled: false };
  return {
    kind: 'run',
    script,
    input: 'null',
    owner: 'a',
    revision: 'a@1',
    deadlineAt,
    startBy: deadlineAt,
    ...state,
    settle,
  };
}

const outcomeOf = (pool: Pool, script: string) => new Promise((resolve) => pool.submit(job(script, resolve)));

describe('close', () => {
  test('rejects what waits and what runs, and leaves no process', async () => {
    const box = await start({ size: 2, spares: 1 });
    const runs = [1, 2, 3].map(() => refusal(box.run(scriptRun(hang, { deadlineMs: 30_000 }))));
    await until(() => box.stats()).toMatchObject({ running: 1, waiting: 2 });
    const pids = pidsOf(box);
    await box.close();
    for (const error of await Promise.all(runs)) expect(error).toMatchObject({ code: 'sandbox-closed' });
    expect(pids.filter(isAlive)).toEqual([]);
    expect(pids).toHaveLength(3);
    expect(await refusal(box.run(scriptRun('1')))).toMatchObject({ code: 'sandbox-closed' });
    await box.close();
  });

  test('takes the penalty child along', async () => {
    const box = await start({ size: 1, spares: 0 });
    for (let time = 0; time < 2; time++) await refusal(box.run(scriptRun('for (;;);', { deadlineMs: 50 })));
    await until(() => box.stats().children.filter(({ penalty }) => penalty).length).toBe(1);
    const pids = pidsOf(box);
    await box.close();
    expect(pids.filter(isAlive)).toEqual([]);
  });
});

test('a child whose script hangs in native code ends with its parent', async () => {
  const parent = spawn(process.execPath, [fileURLToPath(new URL('./parent.ts', import.meta.url))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(parent.stdout, 'data');
  const pids = JSON.parse(String(line)) as number[];
  expect(pids.filter(isAlive)).toHaveLength(2);
  parent.kill('SIGKILL');
  await until(() => pids.filter(isAlive)).toEqual([]);
});

describe('a child that is killed from outside', () => {
  test('is replaced, and later runs are right', async () => {
    const box = await start({ size: 2, spares: 0 });
    const before = pidsOf(box);
    for (const pid of before) process.kill(pid, 'SIGKILL');
    await until(() => box.stats().ready).toBe(2);
    await until(() => pidsOf(box).filter((pid) => before.includes(pid))).toEqual([]);
    expect(await valueOf(box, '1 + 1')).toBe(2);
  });

  test('before its script began: the script runs elsewhere, once', async () => {
    const box = await start({ size: 2, spares: 0 });
    // A stopped child takes nothing from its pipe, so what is sent to it has not begun.
    const pids = pidsOf(box);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    const run = valueOf(box, '"ran"', { deadlineMs: 10_000 });
    const stuck = box.stats().children.find(({ running }) => running)?.pid as number;
    for (const pid of pids) process.kill(pid, pid === stuck ? 'SIGKILL' : 'SIGCONT');
    expect(await run).toBe('ran');
    expect(events.filter(({ type }) => type === 'run-moved')).toHaveLength(1);
  });

  test('after its script began: the script is not run again', async () => {
    const box = await start({ size: 2, spares: 0 });
    const run = refusal(box.run(scriptRun(hang, { deadlineMs: 20_000 })));
    const pid = box.stats().children.find(({ running }) => running)?.pid as number;
    const before = cpuTicks(pid);
    await until(() => cpuTicks(pid)).toBeGreaterThan(before + 10);
    process.kill(pid, 'SIGKILL');
    expect(await run).toMatchObject({ code: 'script-memory' });
    expect(events.filter(({ type }) => type === 'run-moved')).toEqual([]);
  });
});

test('a script that takes too much memory is ended long before its deadline', async () => {
  const box = await start({ size: 2, spares: 0 });
  const before = treeBytes(box);
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, treeBytes(box) - before)), 5);
  // isolated-vm's own limit does not end this one: it raises the heap's limit again and again.
  const script = 'const a = []; for (;;) a.push(new Array(1000).fill(1));';
  expect(await refusal(box.run(scriptRun(script, { deadlineMs: 20_000 })))).toMatchObject({ code: 'script-memory' });
  clearInterval(watch);
  expect(most).toBeLessThan(400 * 2 ** 20);
});

test('a child that keeps memory after its run is replaced', async () => {
  const limits = toLimits({}, true);
  // No growth at all is allowed, so that every run is one too many.
  limits.child.retireGrowthBytes = -(2 ** 40);
  const retired: number[] = [];
  const event = (what: SandboxEvent) => what.type === 'child-retired' && retired.push(what.pid);
  const pool = new Pool({ limits, size: 1, spares: 0, perOwner: 1, event, onStrike: () => {} });
  await pool.start();
  const pids: unknown[] = [];
  for (let turn = 0; turn < 2; turn++) {
    pids.push([...pool.children][0]?.pid);
    expect(await outcomeOf(pool, '1 + 1')).toMatchObject({ output: '2' });
    await until(() => retired).toEqual(pids);
    await until(() => [...pool.children].map(({ state }) => state)).toEqual(['idle']);
  }
  expect(new Set(pids).size).toBe(2);
  await pool.close();
});

test('a child inherits nothing of the environment', async () => {
  const box = await start({ size: 1, spares: 0 });
  const { readFileSync } = await import('node:fs');
  const names = readFileSync(`/proc/${pidsOf(box)[0]}/environ`, 'latin1')
    .split('\0')
    .filter(Boolean);
  expect(names.map((entry) => entry.split('=')[0])).toEqual(['MALLOC_TRIM_THRESHOLD_', 'MALLOC_MMAP_THRESHOLD_']);
});

test('a child ends itself where its parent cannot see its memory', async () => {
  const { promise: ready, resolve: isReady } = Promise.withResolvers<void>();
  const { promise: closed, resolve: isClosed } = Promise.withResolvers<string>();
  const child = new ScriptChild(toLimits({ memoryLimitMb: 32 }, false), {
    ...{ ready: () => isReady(), done: () => {}, watched: () => {}, retire: () => {} },
    closed: (_, detail) => isClosed(detail),
  });
  await ready;
  child.start(job('const a = []; for (;;) a.push(new Array(1000).fill(1));', () => {}));
  expect(await closed).toBe('SIGKILL');
});
