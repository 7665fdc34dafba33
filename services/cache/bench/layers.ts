/**
 * What the layers in front of Redis cost and spare: answers held in memory against none, by how evenly keys are asked
 * for; and compression by the size of answers. `node services/cache/bench/layers.ts`: takes about 30 s.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheAsk, cacheFill } from '@rostrum/shared/messages';
import { startRedis } from '@rostrum/stack';
import type { Redis } from 'ioredis';
import { createAsks } from '../src/ask.ts';
import { createFills } from '../src/fill.ts';
import { CompressedStore } from '../src/layers/compressed-store.ts';
import { HotStore } from '../src/layers/hot-store.ts';
import type { CacheMetrics } from '../src/metrics.ts';
import { connectRedis } from '../src/redis/connection.ts';
import { cacheKeys } from '../src/redis/keys.ts';
import { RedisStore } from '../src/redis/redis-store.ts';
import type { CacheStore } from '../src/store.ts';

const namespace = 'bench';
const empty = new Uint8Array(0);
const metrics: CacheMetrics = { asked() {}, filled() {}, redisFailed() {}, redisConnected() {} };
const ask = (key: string) => cacheAsk.complete({ key, holder: 'h', lockMs: 60_000, service: 's', route: 'r' });

const dir = await mkdtemp(join(tmpdir(), 'rostrum-bench-'));
const server = await startRedis({ dir });
const connection = await connectRedis({ url: server.url, timeoutMs: 5_000, onChange() {} });
try {
  const redis = connection.redis as Redis;
  const store = new RedisStore({ redis, namespace, timeoutMs: 5_000, onError: (_, error) => console.error(error) });
  await memory(redis, store);
  await compression(redis, store);
} finally {
  connection.close();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
}

async function memory(redis: Redis, store: CacheStore) {
  const names = Array.from({ length: 5_000 }, (_, n) => `key-${n}`);
  for (let n = 0; n < names.length; n += 100) {
    await Promise.all(names.slice(n, n + 100).map((key) => fill(store, key, body(1_024))));
  }
  const rows: Record<string, unknown>[] = [];
  for (const skew of [0, 0.7, 1, 1.3]) {
    const pick = zipf(names.length, skew);
    for (const asksPerTurn of [1, 32]) {
      for (const maxBytes of [0, 1 << 20]) {
        const answer = createAsks(maxBytes > 0 ? new HotStore(store, { maxBytes }) : store, metrics);
        const measured = await measure(redis, 1_000 * Math.min(30, 5 * asksPerTurn), asksPerTurn, () =>
          answer(ask(names[pick()] as string)),
        );
        rows.push({ skew, asksPerTurn, 'room (MiB)': maxBytes >> 20, ...measured });
      }
    }
  }
  console.table(rows);
}

async function compression(redis: Redis, store: CacheStore) {
  const rows: Record<string, unknown>[] = [];
  for (const bytes of [1_024, 2_048, 4_096, 8_192, 16_384, 65_536, 262_144]) {
    for (const [way, fromBytes] of Object.entries({ plain: Number.POSITIVE_INFINITY, zstd: 0 })) {
      const onFault = (error: Error) => console.error(error);
      const layer = new CompressedStore(store, { fromBytes, maxValueBytes: 1 << 20, onFault });
      const key = `${way}-${bytes}`;
      const text = body(bytes);
      const hits = Math.max(500, Math.min(5_000, Math.round(5e7 / bytes)));
      let n = 0;
      const filled = await measure(redis, hits / 10, 10, () => fill(layer, `${key}-${n++ % 10}`, text));
      await fill(layer, key, text);
      const answer = createAsks(layer, metrics);
      const hit = await measure(redis, hits, 8, () => answer(ask(`${key}-${n++ % 10}`)));
      rows.push({
        ...{ bytes, way, 'bytes in Redis': await redis.strlen(cacheKeys(namespace).value(key)) },
        ...{ 'µs CPU/fill': filled['µs CPU, service'], 'µs CPU/hit': hit['µs CPU, service'] },
        ...{ 'µs CPU/hit, Redis': hit['µs CPU, Redis'], 'hits/s': hit['a second'] },
      });
    }
  }
  console.table(rows);
}

async function fill(store: CacheStore, key: string, text: Buffer) {
  await store.claim([{ ...ask(key), renewUpTo: Number.MAX_SAFE_INTEGER, takesStale: false }], Date.now() + 60_000);
  const take = createFills({ store, metrics, maxValueBytes: 1 << 20, announce() {} });
  return take(cacheFill.complete({ key, holder: 'h', result: 'stored', ttlSeconds: 600, body: text, problem: empty }));
}

async function measure(redis: Redis, count: number, perTurn: number, work: () => Promise<unknown>) {
  const before = { redis: await redisMicroseconds(redis), own: process.cpuUsage(), at: performance.now() };
  for (let done = 0; done < count; done += perTurn) await Promise.all(Array.from({ length: perTurn }, work));
  const own = process.cpuUsage(before.own);
  const seconds = (performance.now() - before.at) / 1_000;
  const each = (total: number) => Number((total / count).toFixed(1));
  return {
    'µs CPU, service': each(own.user + own.system),
    'µs CPU, Redis': each((await redisMicroseconds(redis)) - before.redis),
    'a second': Math.round(count / seconds),
  };
}

async function redisMicroseconds(redis: Redis) {
  const info = await redis.info('cpu');
  const read = (name: string) => Number(new RegExp(`${name}:([\\d.]+)`).exec(info)?.[1]);
  return (read('used_cpu_user') + read('used_cpu_sys')) * 1e6;
}

/** Places 0 … count - 1, the nth as likely as 1 / n^skew. */
function zipf(count: number, skew: number): () => number {
  let sum = 0;
  const sums = Float64Array.from({ length: count }, (_, n) => (sum += 1 / (n + 1) ** skew));
  return () => {
    const at = Math.random() * sum;
    let [low, high] = [0, count - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] as number) < at) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** JSON as lists of objects are. */
function body(bytes: number): Buffer {
  const item = (id: number) => ({
    ...{ id, status: ['open', 'closed', 'pending'][id % 3], customer: ((id * 2_654_435_761) >>> 0).toString(36) },
    ...{ createdAt: new Date(1.7e12 + id * 1e7).toISOString(), price: ((id * 7_919) % 10_000) / 100 },
  });
  const list = Array.from({ length: Math.ceil(bytes / 90) }, (_, id) => item(id));
  return Buffer.from(JSON.stringify(list)).subarray(0, bytes);
}
