import { cacheKey } from '@rostrum/shared/cache-key';
import { type CacheAsk, cacheAnswer, cacheAsk, cacheFill, fillAnswer } from '@rostrum/shared/messages';
import { namespace, rounds, useRedis } from '@rostrum/testkit';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createAsks } from '../src/ask.ts';
import { createFills } from '../src/fill.ts';
import type { CacheMetrics } from '../src/metrics.ts';
import { purge } from '../src/purge.ts';
import { type Connection, connectRedis } from '../src/redis/connection.ts';
import { cacheKeys } from '../src/redis/keys.ts';
import { RedisStore } from '../src/redis/redis-store.ts';
import { type Asking, type Filling, Model, type Named, times } from './model.ts';
import { shiftTime } from './shift-time.ts';

const server = useRedis();
const connections: Connection[] = [];
let redis: Redis;

beforeAll(async () => {
  const open = () => connectRedis({ url: server.url, timeoutMs: 5_000, onChange() {} });
  connections.push(await open(), await open(), await open());
  // The last of them has no Redis.
  connections[2]?.close();
  redis = new Redis(server.url);
});
afterAll(() => {
  for (const connection of connections) connection.close();
  redis.disconnect();
});

const AWAY = 2;
const names: Named[] = [
  { service: 's', route: 'GET /a', label: 'x-1' },
  { service: 's', route: 'GET /a', label: 'x-12' },
  { service: 's', route: 'GET /b', label: 'x-1' },
  { service: 's-2', route: 'GET /a', label: 'x-1' },
];
const keyOf = ({ service, route, label }: Named) => cacheKey(service, route, label);

type Step = { key: number; replica: number } & (
  | ({ do: 'ask' } & Asking)
  | ({ do: 'fill' } & Filling)
  | { do: 'pass'; seconds: number }
  | { do: 'purge'; route: boolean; label: 'none' | 'exact' | 'prefix' }
  | { do: 'spoil'; what: 'value' | 'lock'; how: 'bytes' | 'list' | 'hash' }
);

const where = {
  key: fc.nat(names.length - 1),
  replica: fc.oneof({ weight: 9, arbitrary: fc.nat(1) }, { weight: 1, arbitrary: fc.constant(AWAY) }),
};
const holder = fc.constantFrom('h1', 'h2', 'h3');
const ask = fc.record({
  ...where,
  do: fc.constant('ask' as const),
  holder,
  wants: fc.constantFrom<CacheAsk['wants']>('any', 'any', 'any', 'revalidate', 'stored'),
  maxStaleSeconds: fc.constantFrom(0, 0, 0, 50),
  eager: fc.boolean(),
});
const fill = fc.record({
  ...where,
  do: fc.constant('fill' as const),
  holder,
  result: fc.constantFrom<Filling['result']>('stored', 'stored', 'failed', 'failed, kept', 'released'),
});
const pass = fc.record({ ...where, do: fc.constant('pass' as const), seconds: fc.constantFrom(10, 20, 50, 90) });
const purging = fc.record({
  ...where,
  do: fc.constant('purge' as const),
  route: fc.boolean(),
  label: fc.constantFrom('none' as const, 'exact' as const, 'prefix' as const),
});
const spoiling = fc.record({
  ...where,
  do: fc.constant('spoil' as const),
  what: fc.constantFrom('value' as const, 'lock' as const),
  how: fc.constantFrom('bytes' as const, 'list' as const, 'hash' as const),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: ask },
  { weight: 5, arbitrary: fill },
  { weight: 4, arbitrary: pass },
  { weight: 2, arbitrary: purging },
  { weight: 1, arbitrary: spoiling },
);

const metrics: CacheMetrics = { asked() {}, filled() {}, redisFailed() {}, redisConnected() {} };

/** Three replicas without the bus, in a name space of their own; the last has no Redis. */
class Cache {
  readonly #ns = namespace();
  readonly #keys = cacheKeys(this.#ns);
  readonly #announced: string[] = [];
  #eager = false;
  readonly #replicas = connections.map(({ redis: client }) => {
    const store = new RedisStore({ redis: client, namespace: this.#ns, timeoutMs: 5_000, onError() {} });
    const announce = ({ key }: { key: string }) => void this.#announced.push(key);
    return {
      ask: createAsks(store, metrics, () => (this.#eager ? Number.MIN_VALUE : 1)),
      fill: createFills({ store, metrics, maxValueBytes: 1_000, announce }),
      purge: (selection: Parameters<RedisStore['purge']>[0]) =>
        purge([selection], { store, announce() {}, wake: announce }),
    };
  });

  async run(each: Step, text: string): Promise<string | undefined> {
    const named = names[each.key] as Named;
    const key = keyOf(named);
    const replica = this.#replicas[each.replica];
    if (!replica) throw new Error(`there is no replica ${each.replica}`);
    switch (each.do) {
      case 'ask': {
        this.#eager = each.eager;
        const { holder: by, wants, maxStaleSeconds } = each;
        const lockMs = times.lock * 1_000;
        const asked = cacheAsk.complete({ ...named, key, holder: by, lockMs, wants, maxStaleSeconds });
        return describe(cacheAnswer.decode(await replica.ask(asked)));
      }
      case 'fill': {
        const before = this.#announced.length;
        const result = each.result === 'failed, kept' ? 'failed' : each.result;
        const given = cacheFill.complete({
          ...{ key, holder: each.holder, result, body: Buffer.from(text), problem: Buffer.from(text) },
          ...{ ttlSeconds: times.fresh, runMs: 1_000 },
          problemSeconds: each.result === 'failed, kept' ? times.problem : 0,
          staleWhileRevalidateSeconds: times.whileRevalidate,
          staleIfErrorSeconds: times.ifError,
        });
        const answer = await replica.fill(given).then(
          (encoded) => fillAnswer.decode(encoded).result,
          () => 'away',
        );
        return this.#announced.length > before ? `${answer} announced` : answer;
      }
      case 'pass':
        await shiftTime(redis, this.#ns, each.seconds * 1_000);
        return undefined;
      case 'purge': {
        const before = this.#announced.length;
        const { fault } = await replica.purge(selectionOf(each, named));
        return fault === undefined ? `${this.#announced.length - before} announced` : 'away';
      }
      case 'spoil':
        return this.#spoil(each.what === 'value' ? this.#keys.value(key) : this.#keys.lock(key), each.how);
    }
  }

  async #spoil(key: string, how: 'bytes' | 'list' | 'hash'): Promise<undefined> {
    await redis.del(key);
    if (how === 'bytes') await redis.set(key, Buffer.from([2, 255, 0, 1]));
    if (how === 'list') await redis.rpush(key, 'garbage');
    if (how === 'hash') await redis.hset(key, 'holder', 'nobody');
    return undefined;
  }
}

function selectionOf({ route, label }: Extract<Step, { do: 'purge' }>, named: Named) {
  return {
    service: named.service,
    ...(route ? { route: named.route } : {}),
    ...(label === 'exact' ? { label: named.label } : {}),
    ...(label === 'prefix' ? { labelPrefix: named.label } : {}),
  };
}

/** Seconds are read to the next ten, which is what passes at least: what the test itself takes does not count. */
function describe({
  verdict,
  locked,
  body,
  failed,
  stale,
  ageSeconds,
  ttlSeconds,
}: ReturnType<typeof cacheAnswer.decode>) {
  const text = Buffer.from(body).toString();
  const tens = (seconds: number) => Math.round(seconds / 10) * 10;
  const lock = locked ? ' locked' : '';
  if (verdict !== 'hit') return `${verdict}${lock}${text === '' ? '' : ` or ${text}`}`;
  const left = tens(stale ? -ttlSeconds : ttlSeconds);
  return `hit ${text}${failed ? ' problem' : ''} age ${tens(ageSeconds)} left ${left || 0}${lock}`;
}

function expected(model: Model, each: Step, text: string): string | undefined {
  switch (each.do) {
    case 'ask':
      if (each.replica === AWAY) return each.wants === 'stored' ? 'none' : 'run';
      return model.ask(each.key, each);
    case 'fill':
      return each.replica === AWAY ? 'away' : model.fill(each.key, each, text);
    case 'pass':
      model.now += each.seconds;
      return undefined;
    case 'purge':
      return each.replica === AWAY ? 'away' : model.purge(selectionOf(each, names[each.key] as Named));
    case 'spoil':
      model.spoil(each.key, each.what);
      return undefined;
  }
}

it('any order of asks, fills, purges and time, with garbage and without Redis, is as the design says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const cache = new Cache();
      const model = new Model(names);
      for (const [n, each] of steps.entries()) {
        const text = `text-${n}`;
        expect([each, await cache.run(each, text)]).toEqual([each, expected(model, each, text)]);
      }
    }),
    { numRuns: 150 * rounds },
  );
});
