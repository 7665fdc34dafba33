import { cacheAsk } from '@rostrum/shared/messages';
import { namespace, useNats, useRedis, waitFor } from '@rostrum/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectRedis } from '../src/redis/connection.ts';
import { RedisStore } from '../src/redis/redis-store.ts';
import { StoreError } from '../src/store.ts';
import { type Client, joinClient, startReplica } from './client.ts';

const nats = useNats();
const redis = useRedis();
const NAMESPACE = namespace();
const REDIS_TIMEOUT_MS = 300;
const stack = new AsyncDisposableStack();
let client: Client;
let ops: string;

beforeAll(async () => {
  const env = { NATS_URL: nats.url, REDIS_URL: redis.url, NAMESPACE, REDIS_TIMEOUT_MS: `${REDIS_TIMEOUT_MS}` };
  ops = stack.use(await startReplica(env)).addresses.ops as string;
  client = stack.use(await joinClient(nats.url, NAMESPACE));
});
afterAll(() => stack.disposeAsync());

let keys = 0;
const newKey = () => `key-${++keys}`;

/** Milliseconds until an ask for a new key is answered, and the answer. */
async function timedAsk() {
  const start = performance.now();
  const answer = await client.ask(newKey(), 'a');
  return { ...answer, ms: performance.now() - start };
}

/** Milliseconds until asks get locks again. */
async function lockedAgain(): Promise<number> {
  const start = performance.now();
  await waitFor(async () => (await timedAsk()).locked, { what: 'a lock' });
  return performance.now() - start;
}

describe('while Redis is down', () => {
  it('asks are told at once to run without a lock, fills fail, the replica stays ready; all is back within 2 s', async () => {
    await lockedAgain();
    await waitFor(async () => (await client.ask('kept', 'a')).locked);
    expect(await client.fill('kept', 'a', { body: Buffer.from('x') })).toBe('taken');
    // Not killed: what Redis has not yet written to its file would be lost with it.
    await redis.stop();
    for (let n = 0; n < 20; n++) {
      expect(await timedAsk()).toMatchObject({ verdict: 'run', locked: false, ms: expect.toSatisfy((ms) => ms < 200) });
    }
    await expect(client.fill('any', 'a')).rejects.toMatchObject({ fault: 'failed' });
    expect((await fetch(`${ops}/readyz`)).status).toBe(200);
    expect(await (await fetch(`${ops}/metrics`)).text()).toContain('rostrum_cache_redis_connected 0');
    await redis.start();
    expect(await lockedAgain()).toBeLessThan(2_000);
    expect(await client.ask('kept', 'b')).toMatchObject({ verdict: 'hit', text: 'x' });
  });

  it('a replica that starts then is ready, and finds Redis when it comes', async () => {
    await redis.stop();
    const other = namespace();
    await using replica = await startReplica({ NATS_URL: nats.url, REDIS_URL: redis.url, NAMESPACE: other });
    await using asker = await joinClient(nats.url, other);
    expect((await fetch(`${replica.addresses.ops}/readyz`)).status).toBe(200);
    expect(await asker.ask('k', 'a')).toMatchObject({ verdict: 'run', locked: false });
    await redis.start();
    await waitFor(async () => (await asker.ask('k', 'a')).locked, { timeoutMs: 2_000 });
    await lockedAgain();
  });
});

describe('while Redis is frozen', () => {
  it('the first three asks in a row wait for the timeout, the later ones not at all; all is back within 2 s', async () => {
    await lockedAgain();
    process.kill(redis.pid as number, 'SIGSTOP');
    try {
      for (let n = 0; n < 3; n++) {
        const answer = await timedAsk();
        expect(answer).toMatchObject({ verdict: 'run', locked: false });
        expect(answer.ms).toBeLessThan(REDIS_TIMEOUT_MS + 300);
      }
      // Longer than several attempts to reconnect take: none of them may let an ask through to wait.
      for (const until = performance.now() + 1_500; performance.now() < until; ) {
        const answer = await timedAsk();
        expect(answer).toMatchObject({ verdict: 'run', locked: false });
        expect(answer.ms).toBeLessThan(200);
      }
      await expect(client.fill('any', 'a')).rejects.toMatchObject({ fault: 'failed' });
    } finally {
      process.kill(redis.pid as number, 'SIGCONT');
    }
    expect(await lockedAgain()).toBeLessThan(2_000);
  });

  it('a claim that Redis finds in its buffer afterwards takes no lock', async () => {
    const connection = await connectRedis({ url: redis.url, timeoutMs: REDIS_TIMEOUT_MS, onChange() {} });
    const failed: string[] = [];
    const store = new RedisStore({
      redis: connection.redis,
      namespace: NAMESPACE,
      timeoutMs: REDIS_TIMEOUT_MS,
      onError: (operation) => failed.push(operation),
    });
    const probe = new Redis(redis.url);
    try {
      const { now } = await store.lookup(['frozen']);
      const evals = async () => Number(/cmdstat_eval:calls=(\d+)/.exec(await probe.info('commandstats'))?.[1] ?? 0);
      const before = await evals();
      process.kill(redis.pid as number, 'SIGSTOP');
      const ask = cacheAsk.complete({ key: 'frozen', holder: 'a', lockMs: 30_000 });
      const [claim] = await store.claim([{ ...ask, renewUpTo: 0, takesStale: false }], now);
      process.kill(redis.pid as number, 'SIGCONT');
      expect(claim).toBeInstanceOf(StoreError);
      expect(failed).toEqual(['claim']);
      // The server did run it, late.
      await waitFor(async () => (await evals()) > before);
      expect(await probe.exists(`${NAMESPACE}:c:{frozen}:l`)).toBe(0);
    } finally {
      probe.disconnect();
      connection.close();
    }
  });
});
