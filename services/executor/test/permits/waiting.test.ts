import { deadlineIn } from '@rostrum/shared/bus';
import { namespace, waitFor } from '@rostrum/testkit';
import { expect, test } from 'vitest';
import { type PermitsOptions, PermitsUnavailable, type TakeResult } from '../../src/permits/permits.ts';
import { FakeConductor } from './fake-conductor.ts';
import { type Executor, take, takeOne, useExecutors } from './support.ts';

const executors = useExecutors();

/** A fleet that hears the word of freed permits, as over NATS; `deaf`: it does not. */
async function fleet(
  size: number,
  { deaf = false, ...options }: Partial<PermitsOptions> & { deaf?: boolean } = {},
): Promise<[string, ...Executor[]]> {
  const [ns, conductor, all] = [namespace(), new FakeConductor(), [] as Executor[]];
  const onWanted = (pool: string, names: ReadonlySet<string>) => {
    if (!deaf) for (const name of names) for (const { permits } of all) permits.freed(pool, name);
  };
  for (let n = 0; n < size; n++) all.push(await executors.start(ns, conductor, { onWanted, ...options }));
  return [ns, ...all];
}

let waiters = 0;
/** Waits, and says when it stands in the queue. */
async function queueUp(ns: string, executor: Executor, ms = 20_000, limit = 1, id = `waiter-${waiters++}`) {
  const before = await standing(ns);
  const result = take(executor, limit, { wait: { id, until: deadlineIn(ms) } });
  await waitFor(async () => (await standing(ns)) > before);
  return { id, result };
}

/** Who holds a permit or waits for one. */
const standing = (ns: string) => executors.state(ns).permits();

function release(result: TakeResult): void {
  if (result.kind !== 'taken') throw new Error(`No permit: ${JSON.stringify(result)}`);
  result.hold.release();
}

test('permits are given in order of arrival across executors, each as soon as one is free; nobody overtakes', async () => {
  const [ns, a, b] = (await fleet(2)) as [string, Executor, Executor];
  const holders = [await takeOne(a, 2), await takeOne(b, 2)];
  const served: number[] = [];
  const waiting: Promise<unknown>[] = [];
  for (let n = 0; n < 12; n++) {
    const { result } = await queueUp(ns, [a, a, b][n % 3]!, 20_000, 2);
    waiting.push(result.then((taken) => (served.push(n), release(taken))));
  }
  for (const executor of [a, b]) expect((await take(executor, 2)).kind, 'a newcomer').toBe('full');
  const began = performance.now();
  holders[0]!.release();
  await Promise.all(waiting);
  // By the word, not by the half second that covers a lost one.
  expect(performance.now() - began).toBeLessThan(1_500);
  expect(served).toEqual([...served.keys()]);
  holders[1]!.release();
  await waitFor(async () => (await executors.state(ns).keys()).length === 0, { what: 'an empty Redis' });
});

test('permits freed together go to as many waiters, whoever asks first', async () => {
  const [ns, a, b] = (await fleet(2)) as [string, Executor, Executor];
  const holders = await Promise.all(Array.from({ length: 3 }, () => takeOne(a, 3)));
  const queued = [await queueUp(ns, a, 9_000, 3), await queueUp(ns, b, 9_000, 3), await queueUp(ns, a, 9_000, 3)];
  const last = await queueUp(ns, b, 9_000, 3);
  for (const holder of holders) holder.release();
  const results = await Promise.all(queued.map(({ result }) => result));
  expect(results.map(({ kind }) => kind)).toEqual(['taken', 'taken', 'taken']);
  release(results[2]!);
  release(await last.result);
});

test('a word that is lost costs half a second', async () => {
  const [ns, a, b] = (await fleet(2, { deaf: true })) as [string, Executor, Executor];
  const holder = await takeOne(a);
  const { result } = await queueUp(ns, b);
  const began = performance.now();
  holder.release();
  release(await result);
  expect(performance.now() - began).toBeLessThan(1_000);
});

test('the wait ends with what a full scope says, and its place is free', async () => {
  const [ns, a, b] = (await fleet(2)) as [string, Executor, Executor];
  await takeOne(a);
  const { result } = await queueUp(ns, b, 100);
  expect(await result).toEqual({ kind: 'full', retryAfterMs: 1_000, limit: 1, running: 1 });
  await waitFor(async () => (await standing(ns)) === 1);
  expect(b.permits.stats().waiting).toBe(0);
});

test('who is withdrawn leaves its place to the next', async () => {
  const [ns, a] = (await fleet(1)) as [string, Executor];
  const holder = await takeOne(a);
  const first = await queueUp(ns, a);
  const second = await queueUp(ns, a);
  a.permits.withdraw('nobody');
  a.permits.withdraw(first.id);
  expect((await first.result).kind).toBe('full');
  holder.release();
  release(await second.result);
  await waitFor(async () => (await executors.state(ns).keys()).length === 0);
});

test('the place of a killed executor’s waiter is free when its lease ends', async () => {
  const [ns, a, b, c] = (await fleet(3)) as [string, Executor, Executor, Executor];
  const holder = await takeOne(a);
  const lost = await queueUp(ns, b);
  const next = await queueUp(ns, c);
  const lostResult = lost.result.catch(() => {});
  await b.kill();
  await lostResult;
  const began = performance.now();
  holder.release();
  release(await next.result);
  expect(performance.now() - began).toBeLessThan(2_000 + 2 * 500);
});

test('the place of a killed executor’s waiter goes also where nobody asks for a permit any more', async () => {
  const [ns, a, b] = (await fleet(2)) as [string, Executor, Executor];
  const holder = await takeOne(a);
  const lost = await queueUp(ns, b);
  const lostResult = lost.result.catch(() => {});
  await b.kill();
  await lostResult;
  holder.release();
  await waitFor(async () => (await executors.state(ns).keys()).length === 0, { what: 'an empty Redis' });
});

test('who is sent back keeps its place at another executor', async () => {
  const [ns, a, b] = (await fleet(2)) as [string, Executor, Executor];
  const holder = await takeOne(b);
  const first = await queueUp(ns, a);
  const second = await queueUp(ns, b);
  a.permits.sendBack();
  expect(await first.result).toEqual({ kind: 'sent-back' });
  expect(await take(a, 1, { wait: { id: 'late', until: deadlineIn(5_000) } })).toEqual({ kind: 'sent-back' });
  const again = take(b, 1, { wait: { id: first.id, until: deadlineIn(5_000) } });
  await waitFor(() => b.permits.stats().waiting === 2);
  const order: string[] = [];
  const both = [again.then((taken) => (order.push('first'), release(taken)))];
  both.push(second.result.then((taken) => (order.push('second'), release(taken))));
  holder.release();
  await Promise.all(both);
  expect(order).toEqual(['first', 'second']);
});

test('Redis goes: those who wait are told so within a second', async () => {
  const [ns, a] = (await fleet(1)) as [string, Executor];
  await takeOne(a);
  const { result } = await queueUp(ns, a);
  const told = expect(result).rejects.toThrow(PermitsUnavailable);
  await executors.server.stop('SIGKILL');
  const began = performance.now();
  await told;
  expect(performance.now() - began).toBeLessThan(1_500);
  await executors.server.start();
  await waitFor(() => a.client.ready);
});

test('no more wait in a process than may', async () => {
  const [ns, a] = (await fleet(1, { mostWaiting: 3 })) as [string, Executor];
  const holder = await takeOne(a);
  const results = Array.from({ length: 10 }, (_, n) =>
    take(a, 1, { wait: { id: `many-${n}`, until: deadlineIn(5_000) } }),
  );
  let full = 0;
  for (const each of results) void each.then((result) => (result.kind === 'full' ? full++ : release(result)));
  await waitFor(() => full === 7);
  expect(await standing(ns)).toBe(4);
  holder.release();
  await Promise.all(results);
});
