import { type Bus, joinBus } from '@rostrum/shared/bus';
import { encodeJson, type TrafficReport, type TrafficSeries } from '@rostrum/shared/messages';
import { namespace, useNats, useRedis, waitFor } from '@rostrum/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRedis, type RedisClient, RedisUnavailable } from '@rostrum/redis';
import { createLogger } from '@rostrum/service/logger';
import { TrafficStore } from '../src/redis/traffic-store.ts';
import { bucketsOf, resolutionOf } from '../src/traffic/resolutions.ts';
import { type Replica, route, startReplica } from './replica.ts';

const nats = useNats();
const redis = useRedis();
const space = namespace();
let replica: Replica;
let bus: Bus;
let reports = 0;

beforeAll(async () => {
  replica = await startReplica(nats.url, space, { REDIS_URL: redis.url });
  bus = await joinBus({ url: nats.url, namespace: space, service: 'ingress', onFault: () => {} });
});
afterAll(async () => {
  await bus.close();
  await replica.drain();
});

/** So many answers of about 10 ms. */
function answers(service: string, name: string, statuses: Record<string, number>): TrafficSeries {
  const total = Object.values(statuses).reduce((sum, count) => sum + count, 0);
  return { service, route: name, statuses, totalMs: total * 10, bins: [[115, total]] };
}

async function report(...series: TrafficSeries[]): Promise<TrafficReport> {
  const made = { id: `test-${++reports}`, series };
  await send(made);
  return made;
}

const send = (made: TrafficReport) => bus.request(bus.subjects.traffic, encodeJson(made), { timeoutMs: 5_000 });

async function makeService(id: string) {
  const made = await replica.send('POST', '/services', {
    ...{ id, path: `/${id}` },
    routes: [route('GET', '/a'), route('GET', '/b')],
  });
  expect(made.status).toBe(200);
}

describe('metrics of the admin API', () => {
  it('are those that the ingresses report, added up, by service and route', async () => {
    await makeService('added');
    await report(answers('added', 'GET /a', { 200: 8, 503: 2 }), answers('added', '', { 200: 10 }));
    await report(answers('added', 'GET /a', { 200: 10 }));
    const { body } = await replica.send('GET', '/services/metrics?serviceId=added');
    expect(body.added).toMatchObject({ totalRequests: 30, errors: { 503: 2 }, averageLatency: 10 });
    expect(body.added.successRate).toBeCloseTo(28 / 30, 4);
    expect(body.added.p50Latency).toBeGreaterThan(9.8);
    expect(body.added.p50Latency).toBeLessThan(10.2);
    expect(body.added.routes).toMatchObject({ 'GET /a': { totalRequests: 20 } });
    expect(body.added.routes).not.toHaveProperty(['GET /b']);
    const inSeries = body.added.timeSeries.map((each: { totalRequests: number }) => each.totalRequests);
    expect(inSeries.reduce((sum: number, count: number) => sum + count, 0)).toBe(30);

    const one = await replica.send('GET', '/services/metrics?serviceId=added&method=GET&path=/a');
    expect(one.body.added).toMatchObject({ totalRequests: 20 });
    const all = await replica.send('GET', '/services/metrics');
    expect(all.body).toMatchObject({ added: { totalRequests: 30 } });
  });

  it('of a route are refused where no service is named', async () => {
    const answer = await replica.send('GET', '/services/metrics?method=POST');
    expect(answer).toMatchObject({ status: 400, body: { code: 'malformed-request' } });
    expect(answer.body.message).toContain('serviceId');
  });

  it('stand beside the routes of a list, and are left out where there are none', async () => {
    await makeService('beside');
    await report(answers('beside', 'GET /a', { 200: 1 }));
    const list = await replica.send('GET', '/services/beside/routes');
    expect(list.body).toMatchObject([{ serviceRouteMetrics: { totalRequests: 1 } }, { route: { path: '/b' } }]);
    expect(list.body[1]).not.toHaveProperty('serviceRouteMetrics');
    const one = await replica.send('GET', '/services/beside/routes/route?method=GET&path=/a');
    expect(one.body).toMatchObject({ route: { path: '/a' }, serviceRouteMetrics: { totalRequests: 1 } });
    // Its ETag is the route's, which tells nothing about metrics.
    const known = { 'if-none-match': one.headers.get('etag') ?? '' };
    const again = await replica.send('GET', '/services/beside/routes/route?method=GET&path=/a', undefined, known);
    expect(again).toMatchObject({ status: 200, body: { serviceRouteMetrics: { totalRequests: 1 } } });
  });

  it('cover the window that is asked for, at a resolution that reaches back to its start', async () => {
    await makeService('window');
    await report(answers('window', 'GET /a', { 200: 5 }));
    const now = Date.now();
    const total = async (start: number, end: number) =>
      (await replica.send('GET', `/services/metrics?serviceId=window&start=${start}&end=${end}`)).body.window
        ?.totalRequests;
    expect(await total(now - 30 * 86_400_000 + 60_000, now + 60_000)).toBe(5);
    expect(await total(now - 3_600_000, now + 60_000)).toBe(5);
    expect(await total(now - 7_200_000, now - 3_600_000)).toBeUndefined();
  });

  it('count a report that is sent twice once', async () => {
    await makeService('twice');
    await send(await report(answers('twice', 'GET /a', { 200: 3 })));
    const { body } = await replica.send('GET', '/services/metrics?serviceId=twice');
    expect(body.twice.totalRequests).toBe(3);
  });

  it('end now, however far the window reaches, and cost no more for it', async () => {
    await makeService('future');
    await report(answers('future', 'GET /a', { 200: 2 }));
    const now = Date.now();
    const { body } = await replica.send(
      'GET',
      `/services/metrics?serviceId=future&start=${now - 1_000}&end=9999999999999`,
    );
    expect(body.future.totalRequests).toBe(2);
    expect(body.future.timeSeries.length).toBeLessThan(5);
    const coarse = { start: now - 30 * 86_400_000, end: now };
    for (const window of [
      coarse,
      { ...coarse, start: now - 7_000_000 },
      { start: now - 1, end: now + 30 * 86_400_000 },
    ])
      expect(bucketsOf(window, resolutionOf(window, now)).length).toBeLessThanOrEqual(250);
  });

  it('are kept of what there is alone, whatever a report says', async () => {
    await makeService('real');
    await report(answers('real', 'GET /none', { 200: 1 }), answers('unreal', 'GET /a', { 200: 1 }));
    const client = await openRedis(redis.url, { log: createLogger('test', 'silent') });
    expect(await client.redis.keys(`${space}:traffic:*unreal*`)).toEqual([]);
    expect(await client.redis.keys(`${space}:traffic:*none*`)).toEqual([]);
    await client.close();
  });

  it('lose nothing of a report that Redis took half of, and double nothing', async () => {
    const client = await openRedis(redis.url, { log: createLogger('test', 'silent') });
    let away = true;
    const flaky: RedisClient = {
      ...client,
      script(name, lua) {
        const run = client.script(name, lua);
        return async (keys, args) => {
          if (away && keys[0]?.endsWith(':20')) throw new RedisUnavailable('gone in the middle');
          return run(keys, args);
        };
      },
    };
    const store = new TrafficStore(flaky, namespace());
    const series = Array.from({ length: 30 }, (_, n) => answers('half', `GET /${n}`, { 200: 1 }));
    const now = Date.now();
    await expect(store.take({ id: 'r', series }, now)).rejects.toThrow('gone in the middle');
    away = false;
    for (const _ of ['again', 'and again']) await store.take({ id: 'r', series }, now);
    const total = async (name: string) =>
      (await store.totals('half', name, { start: now - 1_000, end: now + 1_000 }, now)).get('s200');
    expect([await total(''), await total('GET /0'), await total('GET /29')]).toEqual([30, 1, 1]);
    await client.close();
  });

  it('refuse windows that make no sense, and services that are not there', async () => {
    const status = async (query: string) => (await replica.send('GET', `/services/metrics?${query}`)).status;
    for (const query of ['start=yesterday', 'start=5&end=5', 'start=0', 'end=-1', `start=${Date.now() + 60_000}`])
      expect(await status(query), query).toBe(400);
    expect(await status('serviceId=nobody')).toBe(404);
  });

  it('are away with Redis, which leaves routes to be listed, and reports to be sent again', async () => {
    await makeService('away');
    await redis.stop();
    expect(await replica.send('GET', '/services/metrics')).toMatchObject({ status: 503 });
    expect((await replica.send('GET', '/services/away/routes')).body).toHaveLength(2);
    const late = { id: 'late', series: [answers('away', 'GET /a', { 200: 1 })] };
    await expect(send(late)).rejects.toThrow();
    await redis.start();
    await waitFor(
      () =>
        send(late).then(
          () => true,
          () => false,
        ),
      { timeoutMs: 5_000 },
    );
    const { body } = await replica.send('GET', '/services/metrics?serviceId=away');
    expect(body.away.totalRequests).toBe(1);
  });

  it('are told not to be kept where there is no Redis', async () => {
    const without = await startReplica(nats.url, namespace());
    expect(await without.send('GET', '/services/metrics')).toMatchObject({
      status: 503,
      body: { detail: expect.stringContaining('REDIS_URL') },
    });
    await without.drain();
  });
});
