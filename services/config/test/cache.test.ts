import { type Bus, joinBus } from '@rostrum/shared/bus';
import {
  type CacheSelection,
  type CacheStatsAnswer,
  cacheStatsAsk,
  decodeJson,
  encodeJson,
  type PurgeAnswer,
  purgeAsk,
  type TrafficSeries,
} from '@rostrum/shared/messages';
import { queues } from '@rostrum/shared/subjects';
import { namespace, useNats, useRedis } from '@rostrum/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeAccount } from './api.ts';
import { type Replica, route, startReplica } from './replica.ts';

const nats = useNats();
const redis = useRedis();
const space = namespace();
let replica: Replica;
let bus: Bus;

/** What the cache was asked; how it answers, and what it has. The real one is asked in e2e/purge.test.ts. */
let asked: CacheSelection[][] = [];
let answer: (number: number) => PurgeAnswer;
let stored: CacheStatsAnswer;
beforeEach(() => {
  asked = [];
  answer = () => ({ answers: 3, locks: 1 });
  stored = { routes: {} };
});

const cacheConfig = { key: 'customer-${workflow.input.customerId}', ttlInSecond: 300 };

beforeAll(async () => {
  replica = await startReplica(nats.url, space, { REDIS_URL: redis.url });
  const make = (id: string, more: object) => replica.send('POST', '/services', { id, path: `/${id}`, ...more });
  const routes = [
    route('GET', '/a/{id}', { cacheConfig, tags: ['kind:list'] }),
    route('GET', '/b', { cacheConfig }),
    route('POST', '/plain'),
  ];
  await make('orders', { routes, tags: ['team:a', 'all:yes'] });
  await make('bills', { routes: [route('GET', '/', { cacheConfig, tags: ['kind:list', 'all:yes'] })] });
  await make('gone', {});
  await replica.send('DELETE', '/services/gone');
});
afterAll(() => replica.drain());

const purge = (body: unknown) => replica.send('POST', '/cache/purge', body);

describe('a purge', () => {
  it('where no cache is there is a problem that says that nothing was done', async () => {
    const refused = await purge({ serviceId: 'orders' });
    expect(refused).toMatchObject({ status: 503, body: { code: 'service-unavailable' } });
    expect(refused.body.detail).toMatch(/^No cache .* Nothing was purged\./);
  });

  describe('by a cache', () => {
    beforeAll(async () => {
      bus = await joinBus({ url: nats.url, namespace: space, service: 'cache', onFault: () => {} });
      bus.serve(bus.subjects.purge, queues.cache, async ({ payload }) => {
        asked.push(decodeJson(purgeAsk, payload).selections);
        return encodeJson(answer(asked.length));
      });
      bus.serve(bus.subjects.cacheStats, queues.cache, async ({ payload }) =>
        encodeJson(decodeJson(cacheStatsAsk, payload).service === 'orders' ? stored : { routes: {} }),
      );
      await bus.nats.flush();
    });
    afterAll(() => bus.close());

    it.each<[string, unknown, CacheSelection[]]>([
      ['of a service', { serviceId: 'orders' }, [{ service: 'orders' }]],
      [
        'of a route',
        { serviceId: 'orders', method: 'GET', path: '/a/{id}' },
        [{ service: 'orders', route: 'GET /a/{id}' }],
      ],
      [
        'of a key of a route',
        { serviceId: 'orders', method: 'GET', path: '/b', key: 'customer-42' },
        [{ service: 'orders', route: 'GET /b', label: 'customer-42' }],
      ],
      [
        'of keys that begin alike, of all routes',
        { serviceId: 'orders', keyPrefix: 'customer-4' },
        [{ service: 'orders', labelPrefix: 'customer-4' }],
      ],
      ['of a service’s tag', { tag: 'team:a' }, [{ service: 'orders' }]],
      [
        'of a tag of routes',
        { tag: { key: 'kind', value: 'list' } },
        [
          { service: 'orders', route: 'GET /a/{id}' },
          { service: 'bills', route: 'GET /' },
        ],
      ],
      [
        'of what has several names, once',
        [{ tag: 'kind:list' }, { serviceId: 'orders', key: 'k' }, { tag: 'all:yes' }, { tag: 'kind:list' }],
        [{ service: 'orders' }, { service: 'bills', route: 'GET /' }],
      ],
      ['of a service that was deleted', { serviceId: 'gone' }, [{ service: 'gone' }]],
    ])('%s names just that to the caches, and answers what is gone', async (_, body, selections) => {
      expect(await purge(body)).toMatchObject({ status: 200, body: { answers: 3, locks: 1 } });
      const inOrder = (list: CacheSelection[]) => list.map((each) => JSON.stringify(each)).sort();
      expect(inOrder(asked.flat())).toEqual(inOrder(selections));
    });

    it.each<[string, unknown, number, string]>([
      ['service', { serviceId: 'never' }, 404, 'There is no service "never", and there was none.'],
      [
        'route',
        { serviceId: 'orders', method: 'PUT', path: '/b' },
        404,
        'There is no route PUT /b in the service orders.',
      ],
      ['tag', { tag: 'team:b' }, 404, 'There is no service or route with the tag "team:b".'],
      ['member', { serviceId: 'orders', rout: 'GET /b' }, 400, '/rout: there is no member "rout" here'],
      ['thing among several', [{ serviceId: 'orders' }, { serviceId: 'never' }], 404, 'There is no service "never"'],
      ['thing at all', undefined, 400, 'the body'],
    ])('of a %s that is not there is refused, and nothing is purged', async (_, body, status, detail) => {
      const refused = await purge(body);
      expect(refused.status).toBe(status);
      expect(refused.body.detail).toContain(detail);
      expect(asked).toEqual([]);
    });

    it('that the cache cannot do is a problem that says what is done', async () => {
      answer = () => ({ answers: 7, locks: 0, fault: 'The cache’s Redis is away.' });
      const refused = await purge({ serviceId: 'orders' });
      expect(refused).toMatchObject({ status: 503, body: { code: 'service-unavailable' } });
      expect(refused.body.detail).toMatch(/Redis is away\. Known to be gone: 7 answers and 0 locks\./);
    });

    it('of very much is done in steps, and their counts are added up; those of the steps before one that failed, too', async () => {
      const many = Array.from({ length: 450 }, (_, n) => ({ serviceId: 'orders', key: `k${n}` }));
      expect(await purge(many)).toMatchObject({ status: 200, body: { answers: 9, locks: 3 } });
      expect(asked.map((each) => each.length)).toEqual([200, 200, 50]);
      asked = [];
      answer = (number) => ({ answers: 3, locks: 1, ...(number === 2 ? { fault: 'Away.' } : {}) });
      expect((await purge(many)).body.detail).toContain('6 answers and 2 locks');
      expect(asked).toHaveLength(2);
    });

    it('is for METADATA_MANAGER, not for USER', async () => {
      const manager = await makeAccount(replica, 'METADATA_MANAGER');
      const user = await makeAccount(replica, 'USER');
      const path = '/gateway/config/cache/purge';
      expect(await manager.api('POST', path, { serviceId: 'orders' })).toMatchObject({ status: 200 });
      expect(await user.api('POST', path, { serviceId: 'orders' })).toMatchObject({ status: 403 });
      expect(await user.api('GET', '/gateway/config/services/orders/cache/stats')).toMatchObject({ status: 200 });
    });

    describe('statistics', () => {
      let reports = 0;
      const report = (...series: TrafficSeries[]) =>
        bus.request(bus.subjects.traffic, encodeJson({ id: `t-${++reports}`, series }), { timeoutMs: 5_000 });
      const counted = (name: string, cache?: Record<string, number>): TrafficSeries => ({
        ...{ service: 'orders', route: name, statuses: { 200: 10 }, totalMs: 10, bins: [[1, 10]] },
        ...(cache ? { cache } : {}),
      });
      const stats = async (query = '') => (await replica.send('GET', `/services/orders/cache/stats${query}`)).body;

      it('say what is stored, and what became of requests, by route and together', async () => {
        stored = {
          routes: { 'GET /a/{id}': { entries: 2, bytes: 300 }, 'GET /deleted': { entries: 1, bytes: 50 } },
        };
        await report(
          counted('GET /a/{id}', { hit: 5, stale: 1, miss: 2, collapsed: 1, bypass: 1, 'of another release': 4 }),
          counted('POST /plain'),
        );
        await report(counted('GET /a/{id}', { hit: 1 }), counted('', { miss: 1 }));
        const none = { hits: 0, staleHits: 0, collapsed: 0, misses: 0, bypasses: 0 };
        expect(await stats()).toEqual({
          ...{ entries: 3, bytes: 350, hits: 6, staleHits: 1, collapsed: 1, misses: 3, bypasses: 1 },
          routes: {
            'GET /a/{id}': {
              ...{ entries: 2, bytes: 300, hits: 6, staleHits: 1, collapsed: 1, misses: 2, bypasses: 1 },
            },
            'GET /b': { entries: 0, bytes: 0, ...none },
            'GET /deleted': { entries: 1, bytes: 50, ...none },
          },
        });
        const { hits } = await stats(`?start=${Date.now() - 7_200_000}&end=${Date.now() - 3_600_000}`);
        expect(hits).toBe(0);
      });

      it('say what they cannot tell, beside what they can', async () => {
        stored = { routes: {}, fault: 'The cache’s Redis is away.' };
        const without = await stats();
        expect(without).toMatchObject({ hits: 6, faults: ['The cache’s Redis is away.'] });
        expect(without).not.toHaveProperty('entries');
        stored = { routes: { 'GET /b': { entries: 1, bytes: 9 } }, fault: 'These are parts.' };
        expect(await stats()).toMatchObject({ entries: 1, faults: ['These are parts.'] });
      });

      it('are of services that there are or were, and of windows that make sense', async () => {
        expect(await replica.send('GET', '/services/never/cache/stats')).toMatchObject({ status: 404 });
        expect(await replica.send('GET', '/services/gone/cache/stats')).toMatchObject({ status: 200 });
        expect(await replica.send('GET', '/services/orders/cache/stats?start=5&end=5')).toMatchObject({ status: 400 });
      });
    });
  });
});
