import type { CacheAnswer, CacheFill } from '@rostrum/shared/messages';
import { cacheAnswer, cacheAsk, fillAnswer } from '@rostrum/shared/messages';
import { namespace, rounds, useRedis } from '@rostrum/testkit';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAsks } from '../src/ask.ts';
import { createFills } from '../src/fill.ts';
import type { CacheMetrics } from '../src/metrics.ts';
import { type Connection, connectRedis } from '../src/redis/connection.ts';
import { cacheKeys } from '../src/redis/keys.ts';
import { RedisStore } from '../src/redis/redis-store.ts';
import { stored } from './client.ts';

const server = useRedis();
const connections: Connection[] = [];
let redis: Redis;

beforeAll(async () => {
  const open = () => connectRedis({ url: server.url, timeoutMs: 5_000, onChange() {} });
  connections.push(await open(), await open());
  redis = new Redis(server.url);
});
afterAll(() => {
  for (const connection of connections) connection.close();
  redis.disconnect();
});

const metrics: CacheMetrics = { asked() {}, filled() {}, redisFailed() {}, redisConnected() {} };

/** Two replicas without the bus, in a name space of their own. */
function newCache() {
  const ns = namespace();
  const announced: string[] = [];
  const replicas = connections.map(({ redis: client }) => {
    const store = new RedisStore({ redis: client, namespace: ns, timeoutMs: 5_000, onError() {} });
    const ask = createAsks(store, metrics);
    const announce = ({ key, result }: { key: string; result: string }) => announced.push(`${key} ${result}`);
    const take = createFills({ store, metrics, maxValueBytes: 1_000, announce });
    return {
      ask: async (key: string, holder: string) =>
        cacheAnswer.decode(await ask(cacheAsk.complete({ key, holder, lockMs: 60_000 }))),
      take: async (fill: CacheFill) => fillAnswer.decode(await take(fill)).result,
    };
  });
  const keys = cacheKeys(ns);
  return {
    announced,
    at: (replica: number) => replicas[replica] as (typeof replicas)[number],
    expireLock: (key: string) => redis.del(keys.lock(key)),
    expireValue: (key: string) => redis.del(keys.value(key)),
  };
}

const keys = ['k1', 'k2'];
const results = ['stored', 'failed', 'released'] as const;

type Step = { key: string; replica: number; holder: string } & (
  | { do: 'ask' }
  | { do: 'expireLock' }
  | { do: 'expireValue' }
  | { do: 'fill'; result: (typeof results)[number] }
);
const where = {
  key: fc.constantFrom(...keys),
  replica: fc.nat(1),
  holder: fc.constantFrom('h1', 'h2', 'h3'),
};
const askStep = fc.record({ ...where, do: fc.constant('ask' as const) });
const fillStep = fc.record({ ...where, do: fc.constant('fill' as const), result: fc.constantFrom(...results) });
const expiry = fc.record({ ...where, do: fc.constantFrom('expireLock' as const, 'expireValue' as const) });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: askStep },
  { weight: 3, arbitrary: fillStep },
  { weight: 1, arbitrary: expiry },
);

const textOf = ({ body }: CacheAnswer) => Buffer.from(body).toString();

/** What a key is, as the design says it. */
interface Model {
  lock?: { holder: string; waited: boolean };
  value?: { holder: string; text: string };
}

/** The answer that the model gives, and what it becomes. `text` is what a fill would store. */
function expected(model: Model, event: Step, text: string): string | undefined {
  if (event.do === 'expireLock') delete model.lock;
  else if (event.do === 'expireValue') delete model.value;
  else if (event.do === 'ask') {
    if (model.value) return `hit ${model.value.text}`;
    model.lock ??= { holder: event.holder, waited: false };
    if (model.lock.holder === event.holder) return 'run locked';
    model.lock.waited = true;
    return 'wait';
  } else if (model.lock === undefined || model.lock.holder !== event.holder) {
    return event.result === 'stored' && model.value?.holder === event.holder ? 'taken announced' : 'stale';
  } else {
    const { waited } = model.lock;
    delete model.lock;
    if (event.result === 'stored') model.value = { holder: event.holder, text };
    return waited ? 'taken announced' : 'taken';
  }
  return undefined;
}

async function perform(cache: ReturnType<typeof newCache>, event: Step, text: string): Promise<string | undefined> {
  if (event.do === 'expireLock' || event.do === 'expireValue') {
    await cache[event.do](event.key);
    return undefined;
  }
  if (event.do === 'ask') {
    const answer = await cache.at(event.replica).ask(event.key, event.holder);
    if (answer.verdict === 'hit') return `hit ${textOf(answer)}`;
    return answer.locked ? `${answer.verdict} locked` : answer.verdict;
  }
  const before = cache.announced.length;
  const fill = { ...stored(event.key, event.holder, text), result: event.result };
  const answer = await cache.at(event.replica).take(fill);
  return cache.announced.length > before ? `${answer} announced` : answer;
}

describe('any order of asks, fills and expiries, for keys of the release before', () => {
  it('one after the other does what the model does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const cache = newCache();
        const models = new Map(keys.map((key): [string, Model] => [key, {}]));
        for (const [n, event] of steps.entries()) {
          const model = models.get(event.key) as Model;
          expect([event, await perform(cache, event, `text-${n}`)]).toEqual([
            event,
            expected(model, event, `text-${n}`),
          ]);
        }
      }),
      { numRuns: 50 * rounds },
    );
  });

  it('all at once: never two locked runs at a time, and nothing stored but by a holder', async () => {
    // A holder asks once and fills once or twice, as soon as it has its answer, whatever that is.
    const actor = fc.record({
      replica: fc.nat(1),
      result: fc.constantFrom(...results),
      fills: fc.integer({ min: 1, max: 2 }),
      otherReplica: fc.nat(1),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(actor, { minLength: 2, maxLength: 12 }), fc.nat(3), async (actors, expiries) => {
        const cache = newCache();
        const locked = new Set<string>();
        const ended = new Set<string>();
        const hits: string[] = [];
        let expired = 0;
        const act = async ({ replica, result, fills, otherReplica }: (typeof actors)[number], n: number) => {
          const holder = `h${n}`;
          const answer = await cache.at(replica).ask('k', holder);
          if (answer.verdict === 'hit') hits.push(textOf(answer));
          if (answer.locked) locked.add(holder);
          for (let time = 0; time < fills; time++) {
            const taken = await cache.at(otherReplica).take({ ...stored('k', holder, holder), result });
            if (taken === 'taken') {
              expect(answer.locked).toBe(true);
              ended.add(holder);
            }
          }
        };
        const expire = async () => {
          expired += await cache.expireLock('k');
        };
        await Promise.all([...actors.map(act), ...Array.from({ length: expiries }, expire)]);
        // Each lock was ended, by its holder or by its time, before the next was given.
        expect(locked.size).toBeLessThanOrEqual(ended.size + expired + 1);
        const last = await cache.at(0).ask('k', 'reader');
        for (const text of last.verdict === 'hit' ? [...hits, textOf(last)] : hits) {
          expect(locked).toContain(text);
          expect(actors[Number(text.slice(1))]?.result).toBe('stored');
        }
      }),
      { numRuns: 150 * rounds },
    );
  });
});
