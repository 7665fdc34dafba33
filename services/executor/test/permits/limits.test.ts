import { namespace, waitFor } from '@rostrum/testkit';
import { expect, test, vi } from 'vitest';
import { FakeConductor } from './fake-conductor.ts';
import { intent, pool, scope, take, takeOne, useExecutors } from './support.ts';

const executors = useExecutors();

test('200 takes at once by two executors never get more than the limit', async () => {
  const ns = namespace();
  const [a, b] = [await executors.start(ns, new FakeConductor()), await executors.start(ns, new FakeConductor())];
  const results = await Promise.all(Array.from({ length: 200 }, (_, n) => take(n % 2 === 0 ? a : b, 5)));
  expect(results.filter(({ kind }) => kind === 'taken')).toHaveLength(5);
  expect(results.filter(({ kind }) => kind === 'full')).toHaveLength(195);
  expect(await executors.state(ns).permits()).toBe(5);
  expect(a.permits.stats().held + b.permits.stats().held).toBe(5);
});

test('a full scope says how many are running and when to come back; a released permit is free at once', async () => {
  const ns = namespace();
  const [a, b] = [await executors.start(ns, new FakeConductor()), await executors.start(ns, new FakeConductor())];
  const permit = await takeOne(a, 1);
  expect(await take(b, 1)).toEqual({ kind: 'full', retryAfterMs: 1_000, limit: 1, running: 1 });
  permit.release();
  permit.release();
  const again = await waitFor(async () => (await take(b, 1)).kind === 'taken', { timeoutMs: 500 });
  expect(again).toBe(true);
  expect(a.permits.stats()).toMatchObject({ held: 0, watched: 0 });
});

test('scopes and pools do not count for each other, whatever a scope holds', async () => {
  const ns = namespace();
  const a = await executors.start(ns, new FakeConductor(), { pools: [pool, 'payments'] });
  for (const [inPool, of] of [
    [pool, scope],
    [pool, 'x:{y}\n\0'.repeat(1_000)],
    [pool, ''],
    ['payments', scope],
  ] as const) {
    expect((await take(a, 1, { pool: inPool, scope: of })).kind).toBe('taken');
    expect((await take(a, 1, { pool: inPool, scope: of })).kind).toBe('full');
  }
});

test('nothing is left in Redis when all permits are released', async () => {
  const ns = namespace();
  const a = await executors.start(ns, new FakeConductor());
  const permits = await Promise.all(Array.from({ length: 300 }, () => takeOne(a, 300)));
  for (const permit of permits) permit.started('workflow');
  for (const permit of permits) permit.release();
  await waitFor(async () => (await executors.state(ns).keys()).length === 0);
});

test('a start has to be in flight within its time, counted from before the permit was asked for', async () => {
  const a = await executors.start(namespace(), new FakeConductor());
  const before = performance.now();
  const permit = await takeOne(a, 1, intent({ startWithinMs: 300 }));
  const tookMs = performance.now() - before;
  expect(permit.startRemaining()).toBeGreaterThan(0);
  expect(permit.startRemaining()).toBeLessThanOrEqual(300 - tookMs + 1);
  await waitFor(() => permit.startRemaining() === 0, { timeoutMs: 1_000 });
});

test('leases, startBy and the deadline count by the clock of Redis, wherever the executor believes to be in time', async () => {
  const ns = namespace();
  const clock = vi.spyOn(Date, 'now').mockReturnValue(86_400_000);
  try {
    const [a, state] = [await executors.start(ns, new FakeConductor()), executors.state(ns)];
    const before = await state.now();
    const permit = await takeOne(a, 1, intent({ startWithinMs: 5_000, remainingMs: 9_000 }));
    const { startBy, deadline } = await state.record(permit.id);
    const after = await state.now();
    for (const [time, ms] of [
      [startBy, 5_000],
      [deadline, 9_000],
    ] as const) {
      expect(Number(time)).toBeGreaterThan(before + ms - 50);
      expect(Number(time)).toBeLessThanOrEqual(after + ms);
    }
    expect(await state.leaseEnd(permit.id)).toBeGreaterThan(before + 1_700);
    expect(permit.startRemaining()).toBeGreaterThan(4_000);
  } finally {
    clock.mockRestore();
  }
});

test('leases are renewed for as long as the permit is held', async () => {
  const ns = namespace();
  const [a, b] = [await executors.start(ns, new FakeConductor()), await executors.start(ns, new FakeConductor())];
  const permit = await takeOne(a);
  const [owner, end] = [await executors.state(ns).owner(permit.id), await executors.state(ns).leaseEnd(permit.id)];
  await waitFor(async () => (await executors.state(ns).now()) > end);
  expect(await executors.state(ns).owner(permit.id)).toBe(owner);
  expect((await take(b)).kind).toBe('full');
});
