import { setTimeout as delay } from 'node:timers/promises';
import { Containers, waitFor } from '@rostrum/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { call, feedback, publish } from '../support.ts';
import { everywhere, expectSeen, faulted } from './faulting.ts';
import { logsOnFailure, publishRoutes, served } from './support.ts';

let gateway: Containers;
beforeEach(() => logsOnFailure(() => gateway));
afterAll(() => gateway?.stop());

describe('NATS 2.10', () => {
  beforeAll(async () => {
    gateway = await Containers.start({ env: { NATS_IMAGE: 'nats:2.10-alpine' } });
  });
  afterAll(() => gateway?.stop());

  it('runs a workflow, and answers from the cache afterwards', async () => {
    const scored = await call(gateway, 'POST', '/api/feedback/p', { body: feedback });
    expect([scored.status, scored.body.sentiment]).toEqual([200, 'positive']);
    const ticket = () => call(gateway, 'GET', '/api/tickets/T-1?customerId=c1');
    const miss = await ticket();
    expect([miss.status, miss.headers['cache-status']]).toEqual([200, expect.stringMatching(/^rostrum; fwd=miss/)]);
    await waitFor(async () => (await ticket()).headers['cache-status']?.startsWith('rostrum; hit; ttl='));
  });
});

describe('a cluster of three NATS servers', () => {
  beforeAll(async () => {
    gateway = await Containers.start({ files: ['e2e/containers/nats-cluster.yml'], env: { KV_REPLICAS: '3' } });
    await publishRoutes(gateway);
  });

  let written = 0;
  /** Until configuration can be written, and is served. */
  const untilWritten = () => {
    const route = { httpMethod: 'POST', path: '/', mappedWorkflow: { name: 'nothing', version: 1 } };
    return waitFor(() => publish(gateway, `written-${++written}`, [route]).then(() => true), {
      timeoutMs: 60_000,
      everyMs: 500,
      what: 'configuration to be written',
    });
  };

  it('keeps the configuration on each of them', async () => {
    const [config] = await gateway.names('config');
    const ask = (node: string) => `fetch('http://${node}:8222/jsz').then((it) => it.text()).then(console.log)`;
    for (const node of ['nats', 'nats-2', 'nats-3']) {
      const told = JSON.parse(await gateway.docker('exec', config as string, 'node', '-e', ask(node)));
      // Entries, routes, revisions, the audit log.
      expect([node, told.streams]).toEqual([node, 4]);
    }
  });

  it.each(['nats', 'nats-3'])('goes on without %s, which comes back', async (node) => {
    const [, lost] = [await served(gateway), `${gateway.project}-${node}-1`];
    const { during, after } = await faulted(gateway, {
      begin: () => gateway.docker('kill', lost),
      async lasts() {
        // Two of three are enough, also for the second to go: the first has caught up.
        await served(gateway);
        await untilWritten();
      },
      async end() {
        await gateway.docker('start', lost);
        await healthy(lost);
      },
    });
    // What was on its way through the lost one is gone; who had to look for another server says so until it has one.
    expectSeen(during, everywhere(200, 503, 504));
    expectSeen(after, everywhere(200));
    expect(during.filter(({ status }) => status !== 200).length).toBeLessThan(during.length / 2);
  });

  async function healthy(container: string): Promise<void> {
    await waitFor(
      async () => {
        await delay(200);
        return (
          (await gateway.docker('inspect', '--format', '{{.State.Health.Status}}', container)).trim() === 'healthy'
        );
      },
      { timeoutMs: 60_000, what: `${container} to be healthy` },
    );
  }
});
