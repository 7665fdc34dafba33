import { boundLabel, cacheKey, groupsOf, keyIn } from '@rostrum/shared/cache-key';
import {
  type CacheSelection,
  cacheStatsAnswer,
  decodeJson,
  encodeJson,
  purgeAnswer,
  purgedNotice,
} from '@rostrum/shared/messages';
import { namespace, rounds, useNats, useRedis, waitFor } from '@rostrum/testkit';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cacheKeys } from '../src/redis/keys.ts';
import { memberOf } from '../src/redis/selection.ts';
import { type Client, joinClient, startReplica } from './client.ts';
import { shiftTime } from './shift-time.ts';

const nats = useNats();
const redisServer = useRedis();
const NAMESPACE = namespace();
const keys = cacheKeys(NAMESPACE);
const stack = new AsyncDisposableStack();
const purged: CacheSelection[] = [];
let client: Client;
let redis: Redis;

beforeAll(async () => {
  const env = { NATS_URL: nats.url, REDIS_URL: redisServer.url, NAMESPACE, REDIS_TIMEOUT_MS: '5000' };
  stack.use(await startReplica(env));
  client = stack.use(await joinClient(nats.url, NAMESPACE));
  client.bus.listen(client.bus.subjects.purged, (data) => {
    purged.push(...decodeJson(purgedNotice, data).selections);
  });
  redis = stack.adopt(new Redis(redisServer.url), (connection) => connection.disconnect());
  redis.on('error', () => {});
});
beforeEach(() => redis.flushall());
afterAll(() => stack.disposeAsync());

interface Named {
  service?: string;
  route?: string;
  label?: string;
  id?: number;
}

const keyOf = ({ service = 's', route = 'GET /', label = 'x', id = 0 }: Named) =>
  cacheKey(service, route, label, String(id));
const ask = (named: Named, holder = 'a') => {
  const { service = 's', route = 'GET /', label = 'x' } = named;
  return client.ask(keyOf(named), holder, { service, route, label: boundLabel(label) });
};
const fill = (named: Named, holder = 'a') => client.fill(keyOf(named), holder, { body: Buffer.from('body') });
const store = async (...all: Named[]) => {
  await Promise.all(all.map((named) => ask(named)));
  await Promise.all(all.map((named) => fill(named)));
};
const purge = async (...selections: CacheSelection[]) => {
  const answer = await client.bus.request(client.bus.subjects.purge, encodeJson({ selections }), { timeoutMs: 20_000 });
  return decodeJson(purgeAnswer, answer);
};
const stats = async (service: string) => {
  const payload = encodeJson({ service });
  return decodeJson(
    cacheStatsAnswer,
    await client.bus.request(client.bus.subjects.cacheStats, payload, { timeoutMs: 20_000 }),
  );
};

describe('a purge', () => {
  const long = 'ä'.repeat(200);
  const all: Named[] = [
    { label: 'x' },
    { label: 'x\0' },
    { label: 'x-1' },
    { label: 'y' },
    { label: `${long}1` },
    { label: `${long}2` },
    { route: 'GET /other', label: 'x' },
    { route: 'GET /{a}', label: 'x' },
    { service: 's-2', label: 'x' },
    { service: 's', route: 'GET', label: ' /' },
  ];

  it.each<[string, CacheSelection, (named: Required<Named>) => boolean]>([
    ['a service', { service: 's' }, ({ service }) => service === 's'],
    ['a route', { service: 's', route: 'GET /' }, ({ service, route }) => service === 's' && route === 'GET /'],
    ['a label, on any route', { service: 's', label: 'y' }, ({ label }) => label === 'y'],
    ['a label', { service: 's', route: 'GET /', label: 'x-1' }, ({ label }) => label === 'x-1'],
    ['a label that is cut', { service: 's', route: 'GET /', label: `${long}2` }, ({ label }) => label === `${long}2`],
    [
      'a prefix, on any route',
      { service: 's', labelPrefix: 'x' },
      ({ service, label }) => service === 's' && label.startsWith('x'),
    ],
    ['a prefix', { service: 's', route: 'GET /other', labelPrefix: 'x' }, ({ route }) => route === 'GET /other'],
    ['a prefix that is cut', { service: 's', labelPrefix: long }, ({ label }) => label.startsWith(long)],
    ['what is not there', { service: 'nothing' }, () => false],
  ])('of %s takes that away, and nothing else', async (_, selection, selected) => {
    await store(...all);
    const gone = all.filter((named) => selected({ service: 's', route: 'GET /', label: '', id: 0, ...named }));
    expect(await purge(selection)).toEqual({ answers: gone.length, locks: 0 });
    const left = await Promise.all(all.map(async (named) => [named, (await ask(named, 'b')).verdict]));
    expect(left).toEqual(all.map((named) => [named, gone.includes(named) ? 'run' : 'hit']));
    await waitFor(() => purged.some((each) => JSON.stringify(each) === JSON.stringify(selection)));
  });

  it('takes locks, too: what runs is not stored, and who waits for it asks again', async () => {
    await ask({}, 'a');
    await ask({}, 'b');
    expect(await purge({ service: 's' })).toEqual({ answers: 0, locks: 1 });
    await waitFor(() => client.notices.some(({ key, result }) => key === keyOf({}) && result === 'ask'));
    expect(await fill({}, 'a')).toBe('stale');
    expect(await ask({}, 'b')).toMatchObject({ verdict: 'run', locked: true });
    expect(await fill({}, 'b')).toBe('taken');
  });

  it('of more than a step takes is done in steps, and leaves nothing behind', async () => {
    const [group = ''] = groupsOf('s');
    const many = redis.pipeline();
    for (let n = 0; n < 1_000; n++) {
      const key = keyIn(group, `digest-${n}`);
      const member = memberOf('GET /', `l-${n % 7}`, `digest-${n}`);
      many
        .set(keys.value(key), 'an answer')
        .zadd(keys.index(group), 0, member)
        .zadd(keys.expiries(group), 9e15, member);
    }
    await many.exec();
    expect((await stats('s')).routes['GET /']).toEqual({ entries: 1_000, bytes: 9_000 });
    expect(await purge({ service: 's', label: 'l-3' })).toEqual({ answers: 143, locks: 0 });
    expect(await purge({ service: 's' })).toEqual({ answers: 857, locks: 0 });
    expect(await redis.keys(`${NAMESPACE}:c:*`)).toEqual([]);
  });

  it('that cannot be done says so, and is told to all caches nevertheless', async () => {
    await redisServer.stop();
    const selection = { service: 'away' };
    expect(await purge(selection)).toEqual({ answers: 0, locks: 0, fault: expect.stringContaining('Redis') });
    expect(await stats('s')).toEqual({ routes: {}, fault: expect.stringContaining('Redis') });
    await waitFor(() => purged.some(({ service }) => service === 'away'));
    await redisServer.start();
    await waitFor(async () => (await ask({ id: 1 })).locked);
    expect(await purge({ service: 's' })).toEqual({ answers: 0, locks: 1 });
  });
});

describe('an index', () => {
  it('that is garbage is made anew by who stores next', async () => {
    for (const group of groupsOf('s')) {
      await redis.rpush(keys.index(group), 'garbage');
      await redis.set(keys.expiries(group), 'garbage');
    }
    await store({});
    expect(await purge({ service: 's' })).toEqual({ answers: 1, locks: 0 });
  });

  it('loses what is over, a little with each that comes in, and all when nothing does', async () => {
    await store(...Array.from({ length: 300 }, (_, id): Named => ({ id })));
    const members = async () => {
      const counts = groupsOf('s')
        .flatMap((group) => [keys.index(group), keys.expiries(group)])
        .map((key) => redis.zcard(key));
      return (await Promise.all(counts)).reduce((sum, each) => sum + each, 0);
    };
    expect(await members()).toBe(600);
    await shiftTime(redis, NAMESPACE, 30_000);
    await store(...Array.from({ length: 200 }, (_, id): Named => ({ id: 1_000 + id })));
    await shiftTime(redis, NAMESPACE, 31_000);
    await store(...Array.from({ length: 200 }, (_, id): Named => ({ id: 2_000 + id })));
    expect(await members(), 'those that are not over, and at most a few more').toBeLessThan(2 * (400 + 60));
    await shiftTime(redis, NAMESPACE, 61_000);
    expect(await redis.keys(`${NAMESPACE}:c:*`)).toEqual([]);
  });

  it('tells how much is stored of each route', async () => {
    await store({ id: 1 }, { id: 2 }, { route: 'POST /b' });
    await ask({ id: 3 });
    const { routes, fault } = await stats('s');
    expect(fault).toBeUndefined();
    expect(routes).toEqual({
      'GET /': { entries: 2, bytes: expect.toSatisfy((bytes) => bytes > 100 && bytes < 300) },
      'POST /b': { entries: 1, bytes: expect.any(Number) },
    });
  });
});

it('whatever happens at the same time, nothing is stored of a run that began before a purge did', async () => {
  const actor = fc.record({ id: fc.nat(2), turns: fc.nat(3), fillTurns: fc.nat(3) });
  const turns = async (count: number) => {
    for (let turn = 0; turn < count; turn++) await client.ask(`turn-${turn}`, 'nobody');
  };
  await fc.assert(
    fc.asyncProperty(fc.array(actor, { minLength: 2, maxLength: 8 }), fc.nat(4), async (actors, purgeAfter) => {
      await redis.flushall();
      let began = Number.POSITIVE_INFINITY;
      const ranBefore = new Map<string, boolean>();
      const act = async ({ id, turns: first, fillTurns }: (typeof actors)[number], n: number) => {
        const holder = `h-${n}`;
        await turns(first);
        const { locked } = await ask({ id }, holder);
        if (!locked) return;
        ranBefore.set(holder, performance.now() < began);
        await turns(fillTurns);
        await client.fill(keyOf({ id }), holder, { body: Buffer.from(holder) });
      };
      const purging = async () => {
        await turns(purgeAfter);
        began = performance.now();
        return purge({ service: 's' });
      };
      await Promise.all([...actors.map(act), purging()]);
      for (const id of [0, 1, 2]) {
        const { verdict, text } = await ask({ id }, 'reader');
        if (verdict === 'hit') expect([text, ranBefore.get(text)]).toEqual([text, false]);
      }
    }),
    { numRuns: 25 * rounds },
  );
});
