/**
 * What a hit costs in this process and in Redis, looked up together with the others of its turn and one by one.
 * `node services/cache/bench.ts`: takes about 15 s; needs the servers that `npm start` fetches.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheAnswer, cacheAsk, cacheFill } from '@rostrum/shared/messages';
import { startRedis } from '@rostrum/stack';
import type { Redis } from 'ioredis';
import { createAsks } from './src/ask.ts';
import { createFills } from './src/fill.ts';
import type { CacheMetrics } from './src/metrics.ts';
import { connectRedis } from './src/redis/connection.ts';
import { cacheKeys } from './src/redis/keys.ts';
import { RedisStore } from './src/redis/redis-store.ts';
import { decodeValue } from './src/redis/value.ts';

const KEYS = 1_000;
const BODY = Buffer.alloc(1_024, 'x');
const HITS = 60_000;
const namespace = 'bench';
const metrics: CacheMetrics = { asked() {}, filled() {}, redisFailed() {}, redisConnected() {} };

const dir = await mkdtemp(join(tmpdir(), 'rostrum-bench-'));
const server = await startRedis({ dir });
const connection = await connectRedis({ url: server.url, timeoutMs: 5_000, onChange() {} });
try {
  await run(connection.redis as Redis);
} finally {
  connection.close();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
}

async function run(redis: Redis) {
  const store = new RedisStore({ redis, namespace, timeoutMs: 5_000, onError: (_, error) => console.error(error) });
  const ask = createAsks(store, metrics);
  const fill = createFills({ store, metrics, maxValueBytes: 1_048_576, announce() {} });
  const names = Array.from({ length: KEYS }, (_, n) => `key-${n}`);
  const empty = new Uint8Array(0);
  for (const key of names) {
    await ask(cacheAsk.complete({ key, holder: 'h', lockMs: 60_000 }));
    await fill(cacheFill.complete({ key, holder: 'h', result: 'stored', ttlSeconds: 600, body: BODY, problem: empty }));
  }

  const keys = cacheKeys(namespace);
  /** As it would be without batches: a GET and its answer for each ask. */
  const oneByOne = async (key: string) => {
    const stored = await redis.getBuffer(keys.value(key));
    const { body, freshUntil } = decodeValue(stored as Buffer) ?? { body: empty, freshUntil: 0 };
    const ttlSeconds = Math.floor((freshUntil - Date.now()) / 1_000);
    return cacheAnswer.encode({ verdict: 'hit', locked: false, lockMs: 0, ttlSeconds, body });
  };
  const together = (key: string) => ask(cacheAsk.complete({ key, holder: 'h', lockMs: 60_000 }));

  const rows: Record<string, unknown>[] = [];
  for (const asksPerTurn of [1, 8, 32, 64]) {
    for (const [way, hit] of Object.entries({ oneByOne, together })) {
      await measure(redis, hit, names, asksPerTurn, HITS / 10);
      rows.push({ asksPerTurn, way, ...(await measure(redis, hit, names, asksPerTurn, HITS)) });
    }
  }
  console.table(rows);
}

async function measure(
  redis: Redis,
  hit: (key: string) => Promise<Uint8Array>,
  names: string[],
  asksPerTurn: number,
  hits: number,
) {
  const before = { redis: await redisUsage(redis), own: process.cpuUsage(), at: performance.now() };
  let bytes = 0;
  for (let done = 0; done < hits; done += asksPerTurn) {
    const turn = Array.from({ length: asksPerTurn }, (_, n) => hit(names[(done + n) % KEYS] as string));
    for (const answer of await Promise.all(turn)) bytes += answer.length;
  }
  const own = process.cpuUsage(before.own);
  const seconds = (performance.now() - before.at) / 1_000;
  const after = await redisUsage(redis);
  if (bytes < hits * BODY.length) throw new Error('these were not all hits');
  const perHit = (total: number) => Number((total / hits).toFixed(2));
  return {
    'Redis commands/hit': perHit(after.commands - before.redis.commands),
    'µs CPU/hit, service': perHit(own.user + own.system),
    'µs CPU/hit, Redis': perHit(after.cpu - before.redis.cpu),
    'hits/s': Math.round(hits / seconds),
  };
}

async function redisUsage(redis: Redis) {
  const info = await redis.info('stats', 'cpu');
  const read = (name: string) => Number(new RegExp(`${name}:([\\d.]+)`).exec(info)?.[1]);
  return {
    commands: read('total_commands_processed'),
    cpu: (read('used_cpu_user') + read('used_cpu_sys')) * 1e6,
  };
}
