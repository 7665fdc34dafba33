import { Containers, load, waitFor } from '@rostrum/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, call, feedback } from '../support.ts';

/** The older NATS that is supported as an image (its floor, Debian's 2.9, is what the tests with processes use). */
describe('NATS 2.10', () => {
  let containers: Containers;
  beforeAll(async () => {
    containers = await Containers.start({ env: { NATS_IMAGE: 'nats:2.10-alpine' } });
  });
  afterAll(() => containers?.stop());

  it('carries requests, cached answers and changes of configuration', async () => {
    expect((await call(containers, 'POST', '/api/feedback/p', { body: feedback })).status).toBe(200);
    const ticket = () => call(containers, 'GET', '/api/tickets/1?customerId=1');
    expect((await ticket()).headers['cache-status']).toBe('rostrum; fwd=miss');
    await waitFor(async () => (await ticket()).headers['cache-status']?.startsWith('rostrum; hit'));
    await disable(containers, 'approvals');
  });

  it('lets no service reach beyond its rights', async () => {
    expect(await containers.compose('logs', '--no-color', 'nats')).not.toMatch(/violation/i);
  });
});

describe('a cluster of three NATS servers', () => {
  let containers: Containers;
  beforeAll(async () => {
    containers = await Containers.start({
      files: ['e2e/containers/nats-cluster.yml'],
      env: { KV_REPLICAS: '3' },
      replicas: { ingress: 2, executor: 2 },
    });
  });
  afterAll(() => containers?.stop());

  it('loses one of them, and service is back within seconds; configuration can be written; the lost one comes back', async () => {
    const seen = new Map<number, number>();
    let lostAt = Number.POSITIVE_INFINITY;
    let lastFailure = 0;
    const request = async (run: number) => {
      const { status } = await call(containers, 'POST', `/api/feedback/p${run}`, { body: feedback });
      seen.set(status, (seen.get(status) ?? 0) + 1);
      if (status !== 200) lastFailure = performance.now();
    };
    const lost = async () => {
      await containers.docker('kill', `${containers.project}-nats-2-1`);
      lostAt = performance.now();
      // Two of three are enough, once they have agreed on who leads.
      await waitFor(() => disable(containers, 'approvals').then(() => true), { timeoutMs: 30_000, everyMs: 250 });
      await waitFor(() => performance.now() - Math.max(lostAt, lastFailure) > 3_000, { timeoutMs: 30_000 });
      await containers.docker('start', `${containers.project}-nats-2-1`);
      await waitFor(() => performance.now() - Math.max(lostAt, lastFailure) > 5_000, { timeoutMs: 30_000 });
    };
    const { failures } = await load(request, { concurrency: 4, until: lost() });
    expect(failures.map(({ error }) => error.message)).toEqual([]);
    expect(seen.get(200)).toBeGreaterThan(20);
    // What was in the lost server's hands may be told so, or wait in vain; nothing else is ever seen.
    for (const status of seen.keys()) expect([200, 503, 504]).toContain(status);
    expect(lastFailure - lostAt).toBeLessThan(10_000);
  });
});

/** A change of configuration, seen by the ingresses: the service's routes are gone. */
async function disable(containers: Containers, service: string): Promise<void> {
  const stored = (await admin(containers, 'GET', `/services/${service}`)) as object;
  await admin(containers, 'PUT', `/services/${service}`, { ...stored, enabled: false });
  await waitFor(
    async () => (await call(containers, 'POST', `/api/${service}`, { key: null, body: {} })).status === 404,
  );
}
