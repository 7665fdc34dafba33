import { type Gateway, startGateway, waitFor } from '@rostrum/testkit';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { admin, call, publish, register } from './support.ts';

/** How soon after its answer a purge holds on every replica (ms). */
const SOON_MS = 1_000;

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({ ingress: 2, cache: 2, env: { ingress: { TRAFFIC_EVERY_MS: '200' } } });
  await register(gateway, { name: 'kept', tasks: [{ name: 'none', taskReferenceName: 'none', type: 'NOOP' }] });
  const route = (path: string, more: object = {}) => ({
    ...{ httpMethod: 'GET', path, mappedWorkflow: { name: 'kept', version: 1 }, workflowMetadataInOutput: true },
    cacheConfig: { key: 'customer-${workflow.input.customer}', ttlInSecond: 300 },
    ...more,
  });
  const routes = [route('/orders/{customer}'), route('/bills/{customer}', { tags: ['kind:bill'] })];
  await publish(gateway, 'shop', routes, { tags: ['team:shop'] });
});
afterAll(() => gateway?.stop());

const paths = ['/shop/orders/1', '/shop/orders/12', '/shop/orders/2', '/shop/bills/1', '/shop/bills/2'];
/** Of the execution that made the answer: another's where it was made anew. */
const workflowOf = async (path: string, url: string) =>
  (await call(gateway, 'GET', path, { key: null, url })).body.workflowId as string;

/** Every path's answer, which both ingresses give. */
let before: Map<string, string>;
beforeEach(async () => {
  before = new Map();
  const [first = '', second = ''] = gateway.urls.ingress;
  for (const path of paths) before.set(path, await workflowOf(path, first));
  for (const path of paths) expect(await workflowOf(path, second), path).toBe(before.get(path));
});

it.each<[string, object, string[]]>([
  ['a key of all routes', { serviceId: 'shop', key: 'customer-1' }, ['/shop/orders/1', '/shop/bills/1']],
  [
    'a key of a route',
    { serviceId: 'shop', method: 'GET', path: '/orders/{customer}', key: 'customer-1' },
    ['/shop/orders/1'],
  ],
  [
    'keys that begin alike',
    { serviceId: 'shop', method: 'GET', path: '/orders/{customer}', keyPrefix: 'customer-1' },
    ['/shop/orders/1', '/shop/orders/12'],
  ],
  ['a route', { serviceId: 'shop', method: 'GET', path: '/bills/{customer}' }, ['/shop/bills/1', '/shop/bills/2']],
  ['a tag of a route', { tag: 'kind:bill' }, ['/shop/bills/1', '/shop/bills/2']],
  ['a tag of a service', { tag: { key: 'team', value: 'shop' } }, paths],
  ['a service', { serviceId: 'shop' }, paths],
])('a purge of %s is about just those answers, at every ingress', async (_, body, gone) => {
  expect(await admin(gateway, 'POST', '/cache/purge', body)).toEqual({ answers: gone.length, locks: 0 });
  for (const path of paths) {
    for (const url of gateway.urls.ingress) {
      const isNew = async () => (await workflowOf(path, url)) !== before.get(path);
      if (gone.includes(path)) await waitFor(isNew, { timeoutMs: SOON_MS, what: `${path} made anew at ${url}` });
      else expect(await isNew(), `${path} at ${url}`).toBe(false);
    }
  }
  expect(await admin(gateway, 'POST', '/cache/purge', { serviceId: 'shop', key: 'nobody' })).toEqual({
    ...{ answers: 0, locks: 0 },
  });
});

it('what a deleted service has left is purged by its id', async () => {
  await publish(gateway, 'left', [
    {
      ...{ httpMethod: 'GET', path: '/x', mappedWorkflow: { name: 'kept', version: 1 } },
      cacheConfig: { key: 'all', ttlInSecond: 300 },
    },
  ]);
  const url = gateway.urls.ingress[0] ?? '';
  expect((await call(gateway, 'GET', '/left/x', { key: null, url })).status).toBe(200);
  await admin(gateway, 'DELETE', '/services/left');
  expect(await admin(gateway, 'POST', '/cache/purge', { serviceId: 'left' })).toEqual({ answers: 1, locks: 0 });
});

it('the statistics say what is stored, and what became of requests, by route', async () => {
  type Stats = Record<'entries' | 'bytes' | 'hits' | 'misses', number>;
  const stats = async () =>
    (await admin(gateway, 'GET', '/services/shop/cache/stats')) as Stats & { routes: Record<string, Stats> };
  await admin(gateway, 'POST', '/cache/purge', { serviceId: 'shop' });
  const purged = await stats();
  expect(purged).toMatchObject({ entries: 0, bytes: 0 });
  const [url = ''] = gateway.urls.ingress;
  for (let n = 0; n < 3; n++) await call(gateway, 'GET', '/shop/bills/1', { key: null, url });
  const after = await waitFor(async () => {
    const now = await stats();
    return now.hits >= purged.hits + 2 && now.routes['GET /bills/{customer}']?.entries === 1 ? now : undefined;
  });
  expect(after.routes['GET /bills/{customer}']?.bytes).toBeGreaterThan(50);
  expect(after.routes['GET /orders/{customer}']).toMatchObject({ entries: 0, bytes: 0 });
  expect(after).not.toHaveProperty('faults');
  expect(after.misses).toBeGreaterThanOrEqual(paths.length);
});

it('while Redis is away a purge says so, and is done when it is back; statistics say what they cannot tell', async () => {
  await gateway.stack.redis?.stop('SIGKILL');
  const purge = () =>
    gateway.admin.fetch('/api/gateway/config/cache/purge', { method: 'POST', json: { serviceId: 'shop' } });
  const refused = await purge();
  expect(refused.status).toBe(503);
  expect(await refused.json()).toMatchObject({ code: 'service-unavailable', detail: expect.stringMatching(/Redis/) });
  expect(await admin(gateway, 'GET', '/services/shop/cache/stats')).toMatchObject({
    faults: [expect.stringMatching(/Redis/), expect.stringMatching(/Redis/)],
  });
  await gateway.stack.redis?.start();
  await waitFor(async () => (await purge()).status === 200);
});
