import { namespace, useNats, useRedis, waitFor } from '@rostrum/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cacheKeys } from '../src/redis/keys.ts';
import { type Client, joinClient, startReplica } from './client.ts';

const nats = useNats();
const server = useRedis();
const NAMESPACE = namespace();
const redisKeys = cacheKeys(NAMESPACE);
const stack = new AsyncDisposableStack();
let client: Client;
let redis: Redis;
let ops: string;

beforeAll(async () => {
  // With the limit of 50 ms that it has by default.
  const env = { NATS_URL: nats.url, REDIS_URL: server.url, NAMESPACE, CACHE_MEMORY_BYTES: '1000000' };
  const replica = stack.use(await startReplica(env));
  ops = replica.addresses.ops as string;
  client = stack.use(await joinClient(nats.url, NAMESPACE));
  redis = stack.adopt(new Redis(server.url), (connection) => connection.disconnect());
});
afterAll(() => stack.disposeAsync());

let keys = 0;
const newKey = () => `key-${++keys}`;
const locked = (key: string, holder = 'a') =>
  waitFor(async () => (await client.ask(key, holder)).locked, { what: 'a lock' });
const metric = async (name: string) =>
  Number(new RegExp(`^${name} (\\d+)`, 'm').exec(await (await fetch(`${ops}/metrics`)).text())?.[1]);

async function store(key: string, text: string) {
  await waitFor(async () => {
    await locked(key);
    return (await client.fill(key, 'a', { body: Buffer.from(text) })) === 'taken';
  });
}

describe('a Redis that is frozen', () => {
  it('is left alone after a few asks, which are told to run as all that follow; a fill is not lost but refused', async () => {
    await locked(newKey());
    process.kill(server.pid as number, 'SIGSTOP');
    try {
      await waitFor(async () => {
        expect(await client.ask(newKey(), 'a')).toMatchObject({ verdict: 'run', locked: false });
        return (await metric('rostrum_cache_redis_left_alone')) === 1;
      });
      const cutOff = await metric('rostrum_cache_redis_cut_off_total');
      const answers = await Promise.all(Array.from({ length: 200 }, () => client.ask(newKey(), 'a')));
      expect(answers.every(({ verdict, locked: has }) => verdict === 'run' && !has)).toBe(true);
      expect(await metric('rostrum_cache_redis_cut_off_total')).toBe(cutOff);
      await expect(client.fill('any', 'a')).rejects.toMatchObject({ fault: 'failed' });
    } finally {
      process.kill(server.pid as number, 'SIGCONT');
    }
    await locked(newKey());
    expect(await metric('rostrum_cache_redis_left_alone')).toBe(0);
  });
});

describe('a Redis that is full', () => {
  const policies = ['noeviction', 'allkeys-lru', 'volatile-ttl'];
  afterAll(async () => {
    await redis.config('SET', 'maxmemory', '0');
  });

  it.each(policies)('lets everyone run: %s', async (policy) => {
    const used = Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
    await redis.config('SET', 'maxmemory-policy', policy);
    await redis.config('SET', 'maxmemory', `${used + 300_000}`);
    for (let n = 0; n < 30; n++) {
      const key = newKey();
      expect((await client.ask(key, 'a')).verdict).toBe('run');
      // Stored, left out, or its lock is gone: it is answered.
      await client.fill(key, 'a', {
        body: Buffer.from(Array.from({ length: 8_000 }, () => Math.random()).join()).subarray(0, 40_000),
      });
      expect(['hit', 'run', 'wait']).toContain((await client.ask(key, 'b')).verdict);
    }
    await redis.config('SET', 'maxmemory', '0');
    await locked(newKey());
  });
});

describe('what is under our keys and is not ours', () => {
  /** Format 2, fresh for long, packed as zstd, with nothing in it that could be unpacked. */
  const noFrame = Buffer.alloc(60);
  noFrame.writeUInt8(2, 0);
  for (const at of [1, 9, 17]) noFrame.writeDoubleBE(1e15, at);
  noFrame.writeUInt8(1, 42);
  const makers: Record<string, (key: string) => Promise<unknown>> = {
    'text for a value': (key) => redis.set(redisKeys.value(key), 'garbage'),
    'nothing for a value': (key) => redis.set(redisKeys.value(key), ''),
    'a frame that is none': (key) => redis.set(redisKeys.value(key), noFrame),
    'a list for a value': (key) => redis.lpush(redisKeys.value(key), 'x'),
    'text for a lock': (key) => redis.set(redisKeys.lock(key), 'x'),
    'a lock of nobody': (key) => redis.hset(redisKeys.lock(key), 'strange', 'x'),
  };

  it.each(Object.entries(makers))('is executed past: %s', async (_, make) => {
    const key = newKey();
    await make(key);
    for (const holder of ['a', 'b']) expect((await client.ask(key, holder)).verdict).toMatch(/run|wait/);
    await locked(newKey());
  });
});

describe('what is asked for again and again', () => {
  const hold = async (key: string) => {
    await store(key, 'x');
    // In a turn of its own each: it comes into memory the second time.
    await waitFor(async () => {
      const before = await metric('rostrum_cache_memory_hits_total');
      expect((await client.ask(key, 'b')).verdict).toBe('hit');
      return (await metric('rostrum_cache_memory_hits_total')) > before;
    });
  };

  it('is given from memory, and no longer once the word of a purge has come', async () => {
    const key = newKey();
    await hold(key);
    await redis.del(redisKeys.value(key));
    client.bus.announce(client.bus.subjects.purged, Buffer.from('{"selections":[]}'));
    const start = performance.now();
    await waitFor(async () => (await client.ask(key, 'c')).verdict === 'run');
    expect(performance.now() - start).toBeLessThan(1_000);
  });

  it('is not given for longer than a second where the word is lost', async () => {
    const key = newKey();
    await hold(key);
    const start = performance.now();
    await redis.del(redisKeys.value(key));
    await waitFor(async () => (await client.ask(key, 'c')).verdict === 'run');
    expect(performance.now() - start).toBeLessThan(1_500);
  });

  it('is compressed in Redis where it is large, and given as it was', async () => {
    const key = newKey();
    const text = 'compressible '.repeat(2_000);
    await store(key, text);
    expect(await redis.strlen(redisKeys.value(key))).toBeLessThan(text.length / 10);
    for (let n = 0; n < 4; n++) expect(await client.ask(key, 'b')).toMatchObject({ verdict: 'hit', text });
  });
});
