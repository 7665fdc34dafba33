import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { namespace, waitFor } from '@rostrum/testkit';
import { expect, test } from 'vitest';
import type { Orphan } from '../../src/permits/permits.ts';
import { FakeConductor } from './fake-conductor.ts';
import { type Executor, intent, leaseMs, take, takeOne, useExecutors } from './support.ts';

const executors = useExecutors();

test('a permit of a killed executor is kept by one other while its workflow runs, and free when it has ended', async () => {
  const [ns, conductor] = [namespace(), new FakeConductor()];
  const [a, b, c] = await three(ns, conductor);
  const state = executors.state(ns);
  const wanted = intent();
  const permit = await takeOne(a, 1, wanted);
  const workflowId = conductor.start(wanted);
  permit.started(workflowId);
  await waitFor(async () => (await state.record(permit.id))['workflowId'] === workflowId);
  const end = await state.leaseEnd(permit.id);
  await a.kill();

  await waitFor(() => watched(b, c) === 1, { what: 'one that takes over' });
  const owner = await state.owner(permit.id);
  await waitFor(async () => (await state.now()) > end + leaseMs / 3, {
    what: 'the lease of the killed one to be over',
  });
  expect(watched(b, c)).toBe(1);
  expect(await state.owner(permit.id)).toBe(owner);
  expect((await take(b)).kind).toBe('full');

  conductor.end(workflowId);
  await waitFor(async () => (await take(c)).kind === 'taken', { timeoutMs: 1_000 });
  expect(watched(b, c)).toBe(0);
});

test('what a SIGKILLed process held is found out: by id, by correlation id, and that it never started', async () => {
  const [ns, conductor, orphans] = [namespace(), new FakeConductor(), [] as Orphan[]];
  const all = await three(ns, conductor, { onOrphan: (orphan: Orphan) => orphans.push(orphan) });
  const program = new URL('./killed-executor.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [program, executors.server.url, ns], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const [started, sent, neverSent] = JSON.parse(line) as { id: string; correlationId: string }[];
  const ids = [started!, sent!].map((each) => conductor.start(each));
  const state = executors.state(ns);
  await waitFor(async () => (await state.record(started!.id))['workflowId'] === ids[0]);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await state.permits()).toBe(3);

  await waitFor(async () => (await state.permits()) === 2, { what: 'the permit of what never started' });
  expect(await state.record(neverSent!.id)).toEqual({});
  await waitFor(() => orphans.length === 3);
  const fates = orphans.map(({ intent: { correlationId }, workflowId }) => [correlationId, workflowId]);
  expect(new Map(fates as [string, string][])).toEqual(
    new Map([
      [started!.correlationId, ids[0]],
      [sent!.correlationId, ids[1]],
      [neverSent!.correlationId, undefined],
    ]),
  );
  expect(orphans[0]!.intent.remainingMs).toBeGreaterThan(20_000);

  for (const { hold } of orphans) hold.leave();
  expect(watched(...all)).toBe(2);
  conductor.end(ids[1]!);
  await waitFor(async () => (await state.permits()) === 1);
  expect(await state.record(sent!.id)).toEqual({});
  conductor.end(ids[0]!);
  await waitFor(async () => (await state.keys()).length === 0);
});

test('"not started" takes two looks after startBy and its margin', async () => {
  const [ns, conductor] = [namespace(), new FakeConductor()];
  const [a, b] = await three(ns, conductor, { startMarginMs: 400 });
  const wanted = intent({ startWithinMs: 1_500 });
  const permit = await takeOne(a, 1, wanted);
  const until = performance.now() + permit.startRemaining() + 400;
  await a.kill();
  await waitFor(() => conductor.searched.has(wanted.correlationId));
  expect(performance.now()).toBeLessThan(until);
  await waitFor(async () => (await take(b)).kind === 'taken', { timeoutMs: 5_000 });
  const searches = conductor.searched.get(wanted.correlationId)!;
  expect(searches.at(-2)).toBeGreaterThan(until);
});

test('where the server cannot search, the permit is held for the bound after startBy, and no longer', async () => {
  const [ns, conductor] = [namespace(), new FakeConductor()];
  conductor.blind = true;
  const [a, b] = await three(ns, conductor, { unresolvedBoundMs: 1_500, startMarginMs: 50 });
  const permit = await takeOne(a, 1, intent({ startWithinMs: 100 }));
  const until = performance.now() + permit.startRemaining() + 1_500;
  await a.kill();
  await waitFor(async () => (await take(b)).kind === 'taken', { timeoutMs: 5_000 });
  expect(performance.now()).toBeGreaterThan(until - 50);
});

test('an unresolved start is found by correlation id, and its permit is free when the workflow has ended', async () => {
  const [ns, conductor] = [namespace(), new FakeConductor()];
  const a = await executors.start(ns, conductor);
  const wanted = intent();
  const permit = await takeOne(a, 1, wanted);
  permit.unresolved();
  expect(a.permits.stats()).toMatchObject({ held: 0, watched: 1 });
  await waitFor(() => conductor.searched.get(wanted.correlationId)?.length === 2);
  const workflowId = conductor.start(wanted);
  await waitFor(async () => (await executors.state(ns).record(permit.id))['workflowId'] === workflowId);
  conductor.end(workflowId);
  await waitFor(async () => (await executors.state(ns).keys()).length === 0);
});

test('whom the caller has left is watched until it has ended; a taker does not report it', async () => {
  const [ns, conductor, orphans] = [namespace(), new FakeConductor(), [] as Orphan[]];
  const [a, b, c] = await three(ns, conductor, { onOrphan: (orphan: Orphan) => orphans.push(orphan) });
  const [first, second] = [intent(), intent()];
  const workflows = [conductor.start(first), conductor.start(second)];
  for (const [n, wanted] of [first, second].entries()) {
    const permit = await takeOne(a, 2, wanted);
    permit.started(workflows[n]!);
    permit.leave();
  }
  conductor.end(workflows[0]!);
  const state = executors.state(ns);
  await waitFor(async () => (await state.permits()) === 1);
  await a.kill();
  await waitFor(() => watched(b, c) === 1);
  conductor.end(workflows[1]!);
  await waitFor(async () => (await state.keys()).length === 0);
  expect(orphans).toEqual([]);
});

test('an executor that closes gives its leases up at once', async () => {
  const [ns, conductor] = [namespace(), new FakeConductor()];
  // Its leases would last for 3 s; the others look for what is left behind every 200 ms.
  const a = await executors.start(ns, conductor, { leaseMs: 9_000 });
  const [b, c] = await three(ns, conductor);
  const wanted = intent();
  const permit = await takeOne(a, 1, wanted);
  permit.started(conductor.start(wanted));
  await a.permits.close();
  await waitFor(() => watched(b, c) === 1, { timeoutMs: 1_500 });
  expect((await take(b)).kind).toBe('full');
  // What its requests learn while they end is still written down.
  permit.release();
  await waitFor(async () => (await executors.state(ns).permits()) === 0);
  await waitFor(() => watched(b, c) === 0);
});

test('an executor that was cut off and comes back does not disturb who took its watches over', async () => {
  const [ns, conductor] = [namespace(), new FakeConductor()];
  const [a, b, c] = await three(ns, conductor);
  const state = executors.state(ns);
  const [running, done] = [intent({ startWithinMs: 2_500 }), intent()];
  const [kept, released] = [await takeOne(a, 2, running), await takeOne(a, 2, done)];
  a.client.redis.disconnect();
  await waitFor(() => watched(b, c) === 2);

  await a.client.redis.connect();
  await waitFor(() => a.permits.stats().held === 0, { what: 'it to see that it has lost its watches' });
  released.release();
  await waitFor(async () => (await state.permits()) === 1);
  await waitFor(() => watched(b, c) === 1);
  // The server finds nothing by correlation id: the record alone knows that it runs.
  const workflowId = conductor.start({ correlationId: 'another' });
  kept.started(workflowId);
  await waitFor(() => conductor.lookedAt.includes(workflowId), { what: 'the taker to look at it' });
  expect(conductor.searched.get(running.correlationId)?.length).toBeGreaterThan(1);
  expect((await take(b)).kind).toBe('full');
  conductor.end(workflowId);
  await waitFor(async () => (await state.keys()).length === 0);
});

test('at most four looks are in flight, however much is watched', async () => {
  const [ns, conductor] = [namespace(), new FakeConductor()];
  const a = await executors.start(ns, conductor);
  conductor.slow = true;
  for (let n = 0; n < 40; n++) {
    const wanted = intent();
    const permit = await takeOne(a, 40, wanted);
    permit.started(conductor.start(wanted));
    permit.leave();
  }
  conductor.endAll();
  await waitFor(() => conductor.mostInFlight === 4);
  await waitFor(async () => {
    conductor.answer();
    return (await executors.state(ns).permits()) === 0;
  });
  expect(conductor.mostInFlight).toBe(4);
  expect(conductor.lookedAt).toHaveLength(40);
});

async function three(ns: string, conductor: FakeConductor, options = {}): Promise<[Executor, Executor, Executor]> {
  const start = () => executors.start(ns, conductor, options);
  return [await start(), await start(), await start()];
}

function watched(...all: Executor[]): number {
  return all.reduce((sum, { permits }) => sum + permits.stats().watched, 0);
}
