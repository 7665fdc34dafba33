import { createLogger } from '@rostrum/service/logger';
import { namespace, useRedis } from '@rostrum/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRecentExecutions, type RecentOptions } from '../src/executions/recent.ts';
import { openRedis, type RedisClient } from '@rostrum/redis';

const server = useRedis();
let redis: RedisClient;
beforeAll(async () => {
  redis = await openRedis(server.url, { log: createLogger('t', 'silent') });
});
afterAll(() => redis.close());

const create = (options: Partial<RecentOptions> = {}) =>
  createRecentExecutions({ redis, namespace: namespace(), perRoute: 3, keepSeconds: 60, ...options });
const execution = (n: number) => ({ workflowId: `w${n}`, requestId: `r${n}`, principal: 'anonymous', startTime: n });
const everything = [0, Number.MAX_SAFE_INTEGER] as const;

describe('the last executions of a route', () => {
  it('are the newest of all executors, in order of their starts, and no more than so many', async () => {
    const name = namespace();
    const [one, other] = [create({ namespace: name }), create({ namespace: name })];
    for (let n = 1; n <= 20; n++) (n % 2 ? one : other).started('s', 'GET /', execution(n));
    await Promise.all([one.flush(), other.flush()]);
    expect(await one.list('s', 'GET /', ...everything)).toEqual([20, 19, 18].map(execution));
    expect(await one.list('s', 'GET /', 18, 19)).toEqual([19, 18].map(execution));
    expect(await one.list('s', 'POST /', ...everything)).toEqual([]);
    expect(await redis.redis.zcard(`${name}:recent:s:GET /`)).toBe(3);
    expect(await redis.redis.pttl(`${name}:recent:s:GET /`)).toBeGreaterThan(0);
  });

  it('are written by themselves, soon', async () => {
    const recent = create();
    recent.started('s', 'GET /', execution(1));
    await expect.poll(() => recent.list('s', 'GET /', ...everything), { timeout: 5_000 }).toEqual([execution(1)]);
  });

  it('of the routes that ran longest ago are forgotten, so that Redis is never filled', async () => {
    const name = namespace();
    const recent = create({ namespace: name, routes: 3 });
    for (let n = 1; n <= 5; n++) {
      recent.started('s', `GET /${n}`, execution(n));
      await recent.flush();
    }
    const left = await Promise.all([1, 2, 3, 4, 5].map((n) => recent.list('s', `GET /${n}`, ...everything)));
    expect(left.map(({ length }) => length)).toEqual([0, 0, 1, 1, 1]);
    expect(await redis.redis.zcard(`${name}:recent`)).toBe(3);
  });

  it('are not noted where nobody wants them', async () => {
    const name = namespace();
    const recent = create({ namespace: name, perRoute: 0 });
    recent.started('s', 'GET /', execution(1));
    await recent.flush();
    expect(await redis.redis.keys(`${name}:*`)).toEqual([]);
  });

  it('cost nobody anything while Redis is away', async () => {
    const away = await openRedis('redis://127.0.0.1:1', { log: createLogger('t', 'silent'), connectMs: 10 });
    const recent = create({ redis: away });
    for (let n = 0; n < 10_000; n++) recent.started('s', 'GET /', execution(n));
    await recent.flush();
    await expect(recent.list('s', 'GET /', ...everything)).rejects.toThrow();
    await away.close();
  });
});
