import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Gateway, load, startGateway, waitFor } from '../src/index.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({ ingress: 2, env: { all: { DRAIN_TIMEOUT_MS: '3000' } } });
  await gateway.applyExamples();
}, 90_000);
afterAll(() => gateway?.stop());

const headers = () => ({ 'X-API-Key': gateway.apiKey, 'Content-Type': 'application/json' });
const body = JSON.stringify({ rating: 1, comment: 'Broken on arrival' });

async function feedback(url: string) {
  const response = await fetch(`${url}/api/feedback/kettle`, { method: 'POST', headers: headers(), body });
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
  return response.json();
}

test('every ingress serves the examples', async () => {
  expect(gateway.urls.ingress).toHaveLength(2);
  for (const url of gateway.urls.ingress) expect(await feedback(url)).toMatchObject({ sentiment: 'negative' });
});

test('the worker of the ticket example works', async () => {
  const response = await fetch(`${gateway.url}/api/tickets/T-7?customerId=c7`, { headers: headers() });
  expect(await response.json()).toMatchObject({ ticketId: 'T-7', customerId: 'c7' });
});

test('the admin client may read and write', async () => {
  const made = await gateway.admin.fetch('/api/gateway/config/services', {
    json: { id: 'made', name: 'Made', path: '/api/made' },
  });
  expect(made.status).toBe(200);
  const list = (await (await gateway.admin.fetch('/api/gateway/config/services')).json()) as { id: string }[];
  expect(list.map(({ id }) => id).toSorted()).toEqual(['approvals', 'feedback', 'made', 'tickets']);
});

test('replicas come and go under load', async () => {
  const { executor, ingress } = gateway.stack.services;
  const first = executor[0];
  const { failures, count } = await load(() => feedback(gateway.url), {
    concurrency: 2,
    until: (async () => {
      const second = await gateway.stack.add('executor');
      expect(executor).toContain(second);
      await ingress[1]?.stop('SIGKILL');
    })(),
  });
  expect(count).toBeGreaterThan(0);
  expect(failures).toEqual([]);
  await waitFor(() => gateway.urls.ingress.length === 1, { what: 'the killed ingress to be off the list' });
  expect(executor).toHaveLength(2);
  expect(first?.pid).toBe(executor[0]?.pid);
});
