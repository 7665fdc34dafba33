import { createLogger } from '@rostrum/service/logger';
import { asUser, newPasswords, redisAcl } from '@rostrum/stack';
import { openRedis, type RedisClient } from '@rostrum/redis';
import { namespace, useRedis, waitFor } from '@rostrum/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import type { RateVerdict } from '../src/pipeline/limit-rate.ts';
import { type RateLimiterOptions, type RunningRateLimiter, startRateLimiter } from '../src/rates/limiter.ts';
import type { RateStore } from '../src/rates/store.ts';
import { createRateStore } from '../src/redis/rate-store.ts';
import { compileRate, type RateRule } from '../src/routing/rate-rule.ts';

const NAMESPACE = namespace();
const passwords = newPasswords();
const redis = useRedis({ acl: redisAcl(NAMESPACE, passwords.redis) });
const log = createLogger('test', 'silent');

interface Ingress {
  limiter: RunningRateLimiter;
  client: RedisClient;
  asks: { answered: number; failed: number; late: number };
}
const running: Ingress[] = [];
afterEach(async () => {
  for (const { limiter, client } of running.splice(0)) {
    await limiter.close();
    await client.close();
  }
});

/** Several ingresses with the rights that ingresses have. Redis has time, unless told otherwise: this machine may be busy. */
async function ingresses(count: number, options: Partial<RateLimiterOptions> = {}): Promise<Ingress[]> {
  for (let n = 0; n < count; n++) {
    const client = await openRedis(asUser(redis.url, 'ingress', passwords.redis.ingress), { log });
    const asks = { answered: 0, failed: 0, late: 0 };
    const limiter = await startRateLimiter({
      store: createRateStore(client, NAMESPACE, `process-${n}`),
      ...{ maxScopes: 1_000, timeoutMs: 5_000 },
      watch: { asked: (result) => void (asks[result] += 1), refused() {}, away() {} },
      ...options,
    });
    running.push({ limiter, client, asks });
  }
  // Each hears of the others when it says again that it is there.
  await Promise.all(running.map(({ limiter }) => limiter.announce()));
  return running.slice(-count);
}

let scopes = 0;
/** A limit of its own, and who takes from it. */
function limitOf(limit: number, windowMs: number) {
  const rule = compileRate('s', undefined, { key: 'all', limit, windowMs }) as RateRule;
  const scope = `${rule.id}${scopes++}`;
  return { rule, scope, take: ({ limiter }: Ingress) => limiter.take(rule, scope) };
}

async function takeMany(from: Ingress, take: (from: Ingress) => RateVerdict | Promise<RateVerdict>, count: number) {
  const verdicts = await Promise.all(Array.from({ length: count }, async () => take(from)));
  return verdicts.filter(({ admitted }) => admitted).length;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a limit over several ingresses', () => {
  it('is exact to 5 %, in any window, however uneven the load is', async () => {
    const limit = 600;
    const windowMs = 1_500;
    const { take } = limitOf(limit, windowMs);
    const fleet = await ingresses(3);
    const admitted: number[] = [];
    const began = performance.now();
    let [pending, longest] = [0, 0];
    const send = async (ingress: Ingress) => {
      const from = performance.now();
      pending += 1;
      const verdict = await take(ingress);
      pending -= 1;
      const now = performance.now();
      longest = Math.max(longest, now - from);
      if (verdict.admitted) admitted.push(now);
    };
    // Of 21 requests 16 come to the first, 4 to the second, 1 to the third; far more than the limit.
    while (admitted.length <= 2 * limit) {
      for (const [index, weight] of [16, 4, 1].entries()) {
        for (let n = 0; n < weight; n++) void send(fleet[index] as Ingress);
      }
      await turn();
    }
    await waitFor(() => pending === 0);
    let first = 0;
    for (const [last, at] of admitted.entries()) {
      while ((admitted[first] as number) <= at - windowMs) first += 1;
      expect(last - first + 1).toBeLessThanOrEqual(1.05 * limit);
    }
    // Those of the third window come when two have passed; later only where this machine made them wait for Redis.
    const third = (admitted[2 * limit] as number) - began;
    expect(third).toBeLessThanOrEqual(1.05 * 2 * windowMs + 4 * longest);
  });

  it('refuses nobody while there is some left, and everybody when there is none', async () => {
    const { take } = limitOf(100, 20_000);
    const [a, b, c] = (await ingresses(3)) as [Ingress, Ingress, Ingress];
    expect(await takeMany(a, take, 70)).toBe(70);
    const most = await takeMany(b, take, 40);
    expect(most).toBeGreaterThanOrEqual(28);
    // What the first had fetched ahead is there for others when it has not used it.
    let last = 30 - most;
    await waitFor(async () => {
      last -= await takeMany(c, take, last);
      return last === 0;
    });
    for (const each of [a, b, c]) {
      const refused = await take(each);
      expect(refused).toMatchObject({ admitted: false, remaining: 0 });
      expect(refused.resetMs).toBeGreaterThan(5_000);
      expect(refused.resetMs).toBeLessThan(21_000);
    }
  });

  it('costs hardly any calls to Redis where requests are many', async () => {
    const { take } = limitOf(1_000_000, 60_000);
    const [ingress] = (await ingresses(1)) as [Ingress];
    let admitted = 0;
    for (let n = 0; n < 20_000; n++) {
      if ((await take(ingress)).admitted) admitted += 1;
      if (n % 100 === 0) await turn();
    }
    expect(admitted).toBe(20_000);
    expect(ingress.asks.answered).toBeLessThan(100);
  });

  it('gets back what an ingress fetched and did not need', async () => {
    // A slot of a day is long; that is no reason to keep permits.
    const { take } = limitOf(1_000, 86_400_000);
    const [a, b] = (await ingresses(2)) as [Ingress, Ingress];
    // Enough for it to fetch some ahead.
    let taken = 0;
    for (let n = 0; n < 20; n++) taken += await takeMany(a, take, 10);
    expect(taken).toBe(200);
    const rest = () => takeMany(b, take, 1_000);
    let more = await rest();
    await waitFor(async () => (more += await rest()) >= 800, { timeoutMs: 5_000 });
    expect(more).toBe(800);
  });

  it('counts a request that was taken back for nothing', async () => {
    const { take } = limitOf(1, 10_000);
    const [a, b] = (await ingresses(2)) as [Ingress, Ingress];
    (await take(a)).giveBack();
    await waitFor(async () => (await take(b)).admitted);
    expect((await take(a)).admitted).toBe(false);
  });

  it('holds again for a scope that was forgotten here', async () => {
    const { rule } = limitOf(1, 60_000);
    const [ingress] = (await ingresses(1, { maxScopes: 2 })) as [Ingress];
    const names = ['a', 'b', 'c', 'a', 'b', 'c'].map((name) => `${rule.id}-forgotten-${name}`);
    const admitted = [];
    for (const name of names) admitted.push((await ingress.limiter.take(rule, name)).admitted);
    expect(admitted).toEqual([true, true, true, false, false, false]);
  });
});

describe('while Redis is away', () => {
  it('each admits its share, at once; and what was admitted counts when it is back', async () => {
    const { take } = limitOf(90, 60_000);
    const fleet = await ingresses(3);
    const [a, b] = fleet as [Ingress, Ingress, Ingress];
    expect(await takeMany(a, take, 10)).toBe(10);
    await redis.stop('SIGKILL');
    expect(await takeMany(a, take, 100)).toBe(20);
    expect(await takeMany(b, take, 100)).toBe(30);
    const refused = await take(b);
    expect(refused).toMatchObject({ admitted: false, remaining: 0 });
    expect(refused.resetMs).toBeGreaterThan(0);
    await redis.start();
    // Those who were told that there is nothing left ask again; 60 of 90 are gone.
    await waitFor(async () => (await take(a)).admitted && fleet.every(({ client }) => client.ready));
    await waitFor(async () => (await take(b)).admitted);
    expect(await takeMany(a, take, 100)).toBeLessThanOrEqual(28);
  });

  it('one that hangs is waited for once', async () => {
    let hangs = false;
    const pending = new Promise<never>(() => {});
    const grant = { granted: 1, slot: 1, lastsMs: 1_000, left: 9, freesMs: 1_000 };
    const store: RateStore = {
      ask: async () => (hangs ? pending : grant),
      announce: async () => 2,
      async leave() {},
    };
    const { rule } = limitOf(10, 60_000);
    const [ingress] = (await ingresses(1, { store, timeoutMs: 20 })) as [Ingress];
    expect((await ingress.limiter.take(rule, 'x')).admitted).toBe(true);
    hangs = true;
    const began = performance.now();
    const verdicts = [];
    for (let n = 0; n < 10; n++) verdicts.push((await ingress.limiter.take(rule, 'y')).admitted);
    expect(verdicts.filter(Boolean)).toHaveLength(5);
    expect(ingress.asks.late).toBe(1);
    expect(performance.now() - began).toBeLessThan(1_000);
    hangs = false;
    await waitFor(async () => (await ingress.limiter.take(rule, 'y')).admitted);
  });
});
