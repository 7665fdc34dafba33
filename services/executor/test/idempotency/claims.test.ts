import { createLogger } from '@rostrum/service/logger';
import type { Outcome } from '@rostrum/shared/messages';
import { Problem } from '@rostrum/shared/problems';
import { namespace, useRedis, waitFor } from '@rostrum/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Claim, Claims, ClaimsUnavailable, type Standing } from '../../src/idempotency/claims.ts';
import { openRedis, type RedisClient } from '@rostrum/redis';

const server = useRedis();
const log = createLogger('test', 'silent');
let client: RedisClient;
beforeAll(async () => {
  client = await openRedis(server.url, { log });
  // Each test has claims of its own on it.
  client.redis.setMaxListeners(50);
});
afterAll(() => client.close());

const name = { key: 'k', digest: 'of the request' };
const ok = (text: string): Outcome => ({ kind: 'ok', body: Buffer.from(text), workflowId: 'w' });
const fresh = (keepSeconds = 60) => new Claims(client, namespace(), keepSeconds);

async function claimed(claims: Claims, startWithinMs = 5_000): Promise<Claim> {
  const standing = await claims.take(name, startWithinMs);
  if (standing.kind !== 'claimed') throw new Error(standing.kind);
  return standing.claim;
}
async function orphan(claims: Claims): Promise<Extract<Standing, { kind: 'starting' }>> {
  const standing = await claims.take(name, 5_000);
  if (standing.kind !== 'starting') throw new Error(standing.kind);
  return standing;
}

test('of those who come at the same time one gets the key; the others are told until when it may start', async () => {
  const claims = fresh();
  const standings = await Promise.all(Array.from({ length: 20 }, () => claims.take(name, 3_000)));
  expect(standings.filter(({ kind }) => kind === 'claimed')).toHaveLength(1);
  for (const standing of standings) {
    if (standing.kind !== 'starting') continue;
    expect(standing.openInMs).toBeGreaterThan(4_000);
    expect(standing.openInMs).toBeLessThanOrEqual(5_000);
  }
});

test('another request under the key is refused, whatever became of the first', async () => {
  const claims = fresh();
  const claim = await claimed(claims);
  const other = () => claims.take({ ...name, digest: 'of another' }, 1_000);
  expect((await other()).kind).toBe('reused');
  await claim.started('w');
  await claim.complete('w', ok('1'));
  expect((await other()).kind).toBe('reused');
});

test('the first answer stands: later ones give way to it, and repeats get it', async () => {
  const claims = fresh();
  const claim = await claimed(claims);
  await claim.started('w');
  expect(await claims.take(name, 1_000)).toMatchObject({ kind: 'running', workflowId: 'w' });
  expect((await claim.complete('w', ok('first'))).outcome).toEqual(ok('first'));
  expect((await claims.of(name, claim.id).complete('w', ok('second'))).outcome).toEqual(ok('first'));
  expect(await claims.take(name, 1_000)).toEqual({ kind: 'answered', outcome: ok('first') });
});

test('a workflow’s failure and a 202 are answers as well', async () => {
  const failed = new Problem('workflow-failed', 'It failed.', { workflowId: 'w', reason: 'why' });
  for (const outcome of [
    { kind: 'problem', problem: failed },
    { kind: 'accepted', workflowId: 'w', tracked: true },
  ] satisfies Outcome[]) {
    const claims = fresh();
    await (await claimed(claims)).complete('w', outcome);
    expect(await claims.take(name, 1_000)).toMatchObject({ kind: 'answered', outcome: { ...outcome } });
  }
});

test('an answer too large to be kept leaves the workflow’s id, from which it can be made again', async () => {
  const claims = fresh();
  const large = ok('x'.repeat(2 * 1024 * 1024));
  expect((await (await claimed(claims)).complete('w', large)).outcome).toBe(large);
  expect(await claims.take(name, 1_000)).toMatchObject({ kind: 'running', workflowId: 'w' });
});

test('what was not started leaves the key free', async () => {
  const claims = fresh();
  await (await claimed(claims)).withdraw();
  await claimed(claims);
});

test('a start whose fate is not known cannot be withdrawn', async () => {
  const claims = fresh();
  const claim = await claimed(claims);
  claim.unresolved();
  await claim.withdraw();
  expect((await claims.take(name, 1_000)).kind).toBe('starting');
});

test('an orphan is taken over by one; its former holder has lost it and hears what the other started', async () => {
  const claims = fresh();
  const first = await claimed(claims, 0);
  await waitFor(async () => (await orphan(claims)).openInMs <= 0);
  const standing = (await orphan(claims)).claim;
  const takers = (await Promise.all([standing.takeOver(5_000), standing.takeOver(5_000)])).filter(Boolean);
  expect(takers).toHaveLength(1);
  const taker = takers[0]!;
  expect(taker.former).toEqual([first.id]);
  expect(taker.origin).toBe(first.id);
  expect(taker.startRemaining()).toBeGreaterThan(4_000);

  expect(await first.started('extra')).toEqual({ kind: 'lost', workflowId: '' });
  expect(await taker.started('w')).toEqual({ kind: 'held' });
  expect(await first.started('extra')).toEqual({ kind: 'lost', workflowId: 'w' });
  await first.withdraw();
  expect(await claims.take(name, 1_000)).toMatchObject({ kind: 'running', workflowId: 'w' });
});

test('who takes over the watch of a taker learns whose workflows are extras', async () => {
  const claims = fresh();
  const first = await claimed(claims, 0);
  const taker = (await (await orphan(claims)).claim.takeOver(5_000))!;
  const watcher = claims.of(name, taker.id);
  await watcher.started('w');
  expect(watcher.former).toEqual([first.id]);
});

test('a taker that starts nothing leaves the claim open to the next, with all who came before', async () => {
  const claims = fresh();
  const first = await claimed(claims, 0);
  const taker = (await (await orphan(claims)).claim.takeOver(5_000))!;
  await taker.withdraw();
  const next = await orphan(claims);
  expect(next.openInMs).toBeLessThanOrEqual(2_000);
  const last = (await next.claim.takeOver(5_000))!;
  expect(last.former).toEqual([first.id, taker.id]);
  expect(last.origin).toBe(first.id);
});

test('of many takeovers the first claim and the last ones are remembered', async () => {
  const claims = fresh();
  const first = await claimed(claims, 0);
  let claim = first;
  for (let n = 0; n < 20; n++) claim = (await claim.takeOver(0))!;
  expect(claim.former).toHaveLength(8);
  expect(claim.origin).toBe(first.id);
});

test('once something was started a claim is not taken over', async () => {
  const claims = fresh();
  const claim = await claimed(claims, 0);
  const { claim: standing } = await orphan(claims);
  await claim.started('w');
  expect(await standing.takeOver(1_000)).toBeUndefined();
});

test('a claim that Redis has lost is written again by what its holder learns', async () => {
  const claims = fresh();
  const claim = await claimed(claims);
  await client.redis.eval("redis.call('FLUSHALL')", 0);
  await claim.started('w');
  expect(await claims.take(name, 1_000)).toMatchObject({ kind: 'running', workflowId: 'w' });
  expect((await claims.take({ ...name, digest: 'another' }, 1_000)).kind).toBe('reused');
});

test('a key is forgotten after its time, counted from the last that was learnt', async () => {
  const claims = fresh(1);
  const claim = await claimed(claims);
  await claim.started('w');
  await waitFor(async () => (await claims.take(name, 1_000)).kind === 'claimed', { timeoutMs: 3_000 });
});

test('without Redis it is said that nothing is sure', async () => {
  const away = await openRedis('redis://127.0.0.1:1', { log, connectMs: 1 });
  await expect(new Claims(away, namespace(), 60).take(name, 1_000)).rejects.toThrow(ClaimsUnavailable);
  await away.close();
});
