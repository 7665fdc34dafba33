import { createLogger } from '@rostrum/service/logger';
import { namespace, waitFor } from '@rostrum/testkit';
import { expect, test } from 'vitest';
import { permitName, poolKeys } from '../../src/permits/keys.ts';
import { type Orphan, PermitsUnavailable } from '../../src/permits/permits.ts';
import { FakeConductor } from './fake-conductor.ts';
import { type Executor, intent, leaseMs, pool, scope, take, takeOne, useExecutors } from './support.ts';

const executors = useExecutors();

test('a restart of Redis that kept its data costs nothing', async () => {
  const [ns, conductor] = [namespace(), new FakeConductor()];
  const [a, b] = [await executors.start(ns, conductor), await executors.start(ns, conductor)];
  const permit = await takeOne(a, 2);
  await executors.server.restart();
  await ready(a, b);
  expect((await take(b, 2)).kind).toBe('taken');
  expect(await take(b, 2)).toMatchObject({ kind: 'full', running: 2 });
  permit.release();
  await waitFor(async () => (await take(b, 2)).kind === 'taken');
  expect(a.permits.stats()).toMatchObject({ held: 0, watched: 0 });
});

test('leases that ran out while Redis was away still count: the workflows may run', async () => {
  const [ns, conductor] = [namespace(), new FakeConductor()];
  const a = await executors.start(ns, conductor, { leaseMs: 450 });
  const wanted = intent();
  const permit = await takeOne(a, 1, wanted);
  permit.started(conductor.start(wanted));
  await waitFor(async () => (await executors.state(ns).record(permit.id))['workflowId'] !== undefined);
  await a.kill();
  const end = await executors.state(ns).leaseEnd(permit.id);
  await waitFor(async () => (await executors.state(ns).now()) > end);
  // It serves the pool but has taken nothing over: what it sees is what the leases say.
  const b = await executors.start(ns, conductor, { pools: [], leaseMs: 450 });
  await waitFor(async () => (await take(b)).kind === 'full');
  expect(await executors.state(ns).leaseEnd(permit.id)).toBe(end);
});

test('data lost: nobody takes for a renewal interval, and what runs is there again, above the limit too', async () => {
  const [ns, conductor] = [namespace(), new FakeConductor()];
  const [a, b] = [await executors.start(ns, conductor), await executors.start(ns, conductor)];
  const [first, second] = [intent(), intent()];
  const permits = [await takeOne(a, 2, first), await takeOne(b, 2, second)];
  for (const [n, wanted] of [first, second].entries()) permits[n]!.started(conductor.start(wanted));
  await executors.admin.flushall();
  const lostAt = performance.now();

  // A lower limit than that under which they were taken.
  let answer = await take(a, 1);
  expect(answer.kind).toBe('recovering');
  if (answer.kind === 'recovering') expect(answer.retryAfterMs).toBeGreaterThan(0);
  await waitFor(async () => (answer = await take(a, 1)).kind !== 'recovering');
  expect(answer).toMatchObject({ kind: 'full', running: 2, limit: 1 });
  expect(performance.now() - lostAt).toBeGreaterThan(200);

  // The watch records are whole again: another can take them over.
  await a.kill();
  await waitFor(() => b.permits.stats().watched === 1);
  conductor.endAll();
  permits[1]!.release();
  await waitFor(async () => (await executors.state(ns).keys()).length === 0);
});

test('Redis down: takes are refused at once; what was released meanwhile is free when it is back', async () => {
  const [ns, conductor] = [namespace(), new FakeConductor()];
  const a = await executors.start(ns, conductor);
  const [released, started] = [await takeOne(a, 3), await takeOne(a, 3)];
  await executors.server.stop('SIGKILL');
  await waitFor(() => !a.client.ready);
  const before = performance.now();
  const refused = await Promise.allSettled(Array.from({ length: 100 }, () => take(a)));
  expect(performance.now() - before).toBeLessThan(100);
  for (const each of refused) {
    expect(each.status === 'rejected' && each.reason).toBeInstanceOf(PermitsUnavailable);
  }
  released.release();
  started.started('workflow');
  await executors.server.start();
  const state = executors.state(ns);
  await waitFor(async () => (await state.permits()) === 1);
  await waitFor(async () => (await state.record(started.id))['workflowId'] === 'workflow');
  expect(await state.record(released.id)).toEqual({});
});

test('an executor that starts while Redis is away takes permits when it is there', async () => {
  await executors.server.stop();
  const a = await executors.start(namespace(), new FakeConductor());
  await expect(take(a)).rejects.toThrow(PermitsUnavailable);
  await executors.server.start();
  await waitFor(async () => (await take(a)).kind === 'taken');
});

test('Redis hangs: a take fails within its time, and is not left taken', async () => {
  const ns = namespace();
  const a = await executors.start(ns, new FakeConductor());
  const pid = executors.server.pid!;
  process.kill(pid, 'SIGSTOP');
  try {
    const before = performance.now();
    await expect(take(a)).rejects.toThrow(PermitsUnavailable);
    expect(performance.now() - before).toBeLessThan(1_000);
    await waitFor(() => !a.client.ready, { what: 'the connection that hangs to be given up' });
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await ready(a);
  // Long before another would conclude from its record that nothing was started.
  await waitFor(async () => (await executors.state(ns).keys()).length === 0, { timeoutMs: 5_000 });
  expect((await take(a)).kind).toBe('taken');
});

test('Redis goes in the middle of a hand-over: it is made when Redis is back, by an executor that waits for that', async () => {
  const [ns, conductor, orphans] = [namespace(), new FakeConductor(), [] as Orphan[]];
  const a = await executors.start(ns, conductor);
  const [limited, plain] = [intent(), intent()];
  const holds = [await takeOne(a, 1, limited), a.permits.without(pool, plain.correlationId, () => plain)];
  const ids = [conductor.start(limited), conductor.start(plain)];
  for (const [n, hold] of holds.entries()) hold.started(ids[n] as string);
  process.kill(executors.server.pid as number, 'SIGSTOP');
  try {
    // It still looks as if it were there.
    expect(a.permits.ready).toBe(true);
    for (const hold of holds) hold.handOver();
    await waitFor(() => !a.client.ready, { what: 'the connection that hangs to be given up' });
  } finally {
    process.kill(executors.server.pid as number, 'SIGCONT');
  }
  await a.permits.close();
  await executors.start(ns, conductor, { onOrphan: (orphan) => orphans.push(orphan) });
  await waitFor(() => orphans.length === 2, { timeoutMs: leaseMs / 3 });
  expect(new Set(orphans.map(({ workflowId }) => workflowId))).toEqual(new Set(ids));
});

test('what a crash of Redis lost is there again as soon as it is back, not with the next renewal', async () => {
  const ns = namespace();
  const keys = poolKeys(ns, pool);
  await executors.admin.set(keys.marker, 1);
  // It renews every 10 s.
  const a = await executors.start(ns, new FakeConductor(), { leaseMs: 90_000 });
  const permit = await takeOne(a);
  await executors.admin.del(keys.watches, keys.watch(permit.id), keys.permit(permitName(scope)));
  await executors.server.restart('SIGKILL');
  await waitFor(async () => (await executors.state(ns).permits()) === 1, { timeoutMs: 5_000 });
  await waitFor(async () => (await executors.state(ns).owner(permit.id)) !== null, { timeoutMs: 2_000 });
});

test('what was lost and not yet noticed is added again by an executor that stops, before it gives it up', async () => {
  const ns = namespace();
  const keys = poolKeys(ns, pool);
  await executors.admin.set(keys.marker, 1);
  // It renews every 10 s.
  const a = await executors.start(ns, new FakeConductor(), { leaseMs: 90_000 });
  const permit = await takeOne(a);
  await executors.admin.del(keys.marker, keys.watches, keys.watch(permit.id), keys.permit(permitName(scope)));
  await a.permits.close();
  expect(await executors.state(ns).permits()).toBe(1);
  expect(await executors.state(ns).owner(permit.id), 'for anybody to take').toBe('');
});

test('Redis refuses to write: takes are refused, and what is to be noted is repeated', async () => {
  const ns = namespace();
  const lines: string[] = [];
  const log = createLogger('test', 'debug', { write: (line: string) => void lines.push(line) });
  const a = await executors.start(ns, new FakeConductor(), { log });
  const permit = await takeOne(a);
  await executors.admin.config('SET', 'maxmemory', '1');
  try {
    permit.started('workflow');
    await waitFor(() => lines.some((line) => line.includes('permit notes are repeated')));
    expect(await executors.state(ns).record(permit.id)).not.toHaveProperty('workflowId');
    await expect(take(a, 2)).rejects.toThrow(PermitsUnavailable);
  } finally {
    await executors.admin.config('SET', 'maxmemory', '0');
  }
  await waitFor(async () => (await executors.state(ns).record(permit.id))['workflowId'] === 'workflow');
});

test('what was lost is added again, also when Redis takes no writes at first', async () => {
  const ns = namespace();
  const keys = poolKeys(ns, pool);
  const lines: string[] = [];
  const log = createLogger('test', 'debug', { write: (line: string) => void lines.push(line) });
  const a = await executors.start(ns, new FakeConductor(), { log });
  const permit = await takeOne(a);
  await executors.admin.config('SET', 'maxmemory', '1');
  try {
    await executors.admin.del(keys.watches, keys.watch(permit.id), keys.permit(permitName(scope)));
    await waitFor(() => lines.filter((line) => line.includes('leases are not renewed')).length > 1);
  } finally {
    await executors.admin.config('SET', 'maxmemory', '0');
  }
  await waitFor(async () => (await executors.state(ns).owner(permit.id)) !== null);
  expect(await executors.state(ns).permits()).toBe(1);
});

test('SCRIPT FLUSH is not noticed', async () => {
  const ns = namespace();
  const a = await executors.start(ns, new FakeConductor());
  (await takeOne(a)).release();
  await waitFor(async () => (await executors.state(ns).permits()) === 0);
  await executors.admin.script('FLUSH');
  const [first, second] = await Promise.all([takeOne(a, 2), takeOne(a, 2)]);
  await executors.admin.script('FLUSH');
  first.release();
  second.release();
  await waitFor(async () => (await executors.state(ns).keys()).length === 0);
});

async function ready(...all: Executor[]): Promise<void> {
  await waitFor(() => all.every(({ client }) => client.ready));
}
