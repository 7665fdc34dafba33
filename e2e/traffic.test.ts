import { type Gateway, startGateway, waitFor } from '@rostrum/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { call, publish, register } from './support.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({ ingress: 2, config: 2, env: { ingress: { TRAFFIC_EVERY_MS: '200' } } });
  await register(gateway, { name: 'told', tasks: [{ name: 'none', taskReferenceName: 'none', type: 'NOOP' }] });
  const route = (path: string, more: object = {}) => ({
    ...{ httpMethod: 'POST', path, mappedWorkflow: { name: 'told', version: 1 } },
    ...more,
  });
  await publish(gateway, 'told', [route('/fine'), route('/failing', { preRequestScript: 'throw new Error("no")' })]);
});
afterAll(() => gateway?.stop());

it('the admin API says how each route has answered its callers, whichever ingress they came to', async () => {
  const post = (path: string, url: string) => call({ ...gateway, url }, 'POST', path, { key: null, body: {} });
  for (const url of gateway.urls.ingress) {
    for (let n = 0; n < 3; n++) await post('/told/fine', url);
    await post('/told/failing', url);
  }
  const metrics = async () => {
    const answer = await gateway.admin.fetch('/api/gateway/config/services/metrics?serviceId=told');
    return ((await answer.json()) as Record<string, { totalRequests: number; routes: object }>)['told'];
  };
  await waitFor(async () => ((await metrics())?.totalRequests ?? 0) >= 8, { timeoutMs: 10_000 });
  expect(await metrics()).toMatchObject({
    ...{ totalRequests: 8, successRate: 0.75, errors: { 500: 2 } },
    routes: {
      'POST /fine': { totalRequests: 6, successRate: 1 },
      'POST /failing': { totalRequests: 2, successRate: 0 },
    },
  });
});
