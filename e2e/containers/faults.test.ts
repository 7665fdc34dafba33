import { setTimeout as delay } from 'node:timers/promises';
import { Containers, waitFor } from '@rostrum/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { call, publish, register } from '../support.ts';
import {
  everywhere,
  expectSeen,
  faulted,
  lastsMs,
  paused,
  untilSeen,
  untilWithoutRedis,
  withoutRedis,
} from './faulting.ts';
import { logsOnFailure, publishRoutes, routes } from './support.ts';

/** A frozen container keeps its connections and says nothing: harder to notice than one that is dead. */

let gateway: Containers;
beforeAll(async () => {
  const leases = { PERMIT_LEASE_MS: '6000', PERMIT_LOOK_MS: '500' };
  gateway = await Containers.start({ replicas: { ingress: 2 }, env: leases });
  await publishRoutes(gateway);
});
afterAll(() => gateway?.stop());
beforeEach(() => logsOnFailure(() => gateway));

describe('while a server is frozen', () => {
  it('NATS: callers are told 503 once it is known, 504 where it was not, and nothing is to be restarted', async () => {
    const { during, after } = await faulted(gateway, paused(gateway, 'nats', untilSeen(503, 60)));
    expectSeen(during, everywhere(200, 503, 504));
    expectSeen(after, everywhere(200));
  });

  it('Redis: all is executed, but for what needs a permit', async () => {
    const { during, after } = await faulted(gateway, paused(gateway, 'redis', untilWithoutRedis));
    expectSeen(during, withoutRedis);
    expectSeen(after, everywhere(200));
  });

  it('Conductor: callers are told so by their deadline', async () => {
    const { during, after } = await faulted(gateway, paused(gateway, 'conductor', untilSeen(504)));
    expectSeen(during, everywhere(200, 202, 502, 503, 504));
    expectSeen(after, everywhere(200));
  });
});

describe('while a service is frozen', () => {
  /** Until new callers are served one after the other, whoever may be waiting inside of the frozen one. */
  const untilAvoided = async () => {
    // By then the balancer has asked it for its health in vain.
    await delay(4_000);
    const soon = async () =>
      (await Promise.race([routes.plain(gateway, `${performance.now()}`), delay(2_000)]))?.status;
    const row = async () => [await soon(), await soon(), await soon(), await soon(), await soon()];
    return waitFor(async () => (await row()).every((status) => status === 200), { timeoutMs: 30_000 });
  };

  it('one of two ingresses: the balancer goes round it, and who is inside is answered afterwards', async () => {
    const { during, after } = await faulted(gateway, paused(gateway, 'ingress', untilAvoided));
    expectSeen(during, everywhere(200), 30_000);
    expectSeen(after, everywhere(200));
  });

  it('the only executor: 504 by the deadline', async () => {
    const { during, after } = await faulted(gateway, paused(gateway, 'executor', untilSeen(504)));
    expectSeen(during, everywhere(200, 503, 504));
    expectSeen(after, everywhere(200));
  });

  it('the only cache: all is executed, a little later at first', async () => {
    const { during, after } = await faulted(gateway, paused(gateway, 'cache', lastsMs(6_000)));
    expectSeen(during, everywhere(200));
    expectSeen(after, everywhere(200));
  });

  it('config: nobody sees anything of it', async () => {
    const { during, after } = await faulted(gateway, paused(gateway, 'config', lastsMs(4_000)));
    expectSeen([...during, ...after], everywhere(200));
  });
});

describe('a Redis that starts again', () => {
  const hold = () => call(gateway, 'POST', '/held', { key: null, body: {} });
  const kept = () =>
    waitFor(async () => {
      const { headers } = await call(gateway, 'GET', '/fault/cached?run=kept', { key: null });
      return headers['cache-status']?.includes('fwd=bypass') ? undefined : headers['cache-status'];
    });
  const full = async () => {
    const { status } = await hold();
    expect([429, 503]).toContain(status);
    return status === 429;
  };
  let held: string[] = [];

  beforeAll(async () => {
    await register(gateway, { name: 'human', tasks: [{ name: 'h', taskReferenceName: 'h', type: 'HUMAN' }] });
    const rateLimitConfig = { rateLimitKey: 'held', concurrentExecLimit: 2 };
    const mappedWorkflow = { name: 'human', version: 1 };
    const route = { httpMethod: 'POST', path: '/', mappedWorkflow, rateLimitConfig, timeoutInSeconds: 1 };
    await publish(gateway, 'held', [route]);
    const answers = await waitFor(async () => {
      const both = [await hold(), await hold()];
      return both.every(({ status }) => status === 202) ? both : undefined;
    });
    held = answers.map(({ headers }) => headers.location?.split('/').pop() as string);
    await waitFor(full);
    await waitFor(async () => (await kept()).startsWith('rostrum; hit'));
  });

  it('with its data: permits are taken and answers kept as before', async () => {
    const [redis] = await gateway.names('redis');
    const restart = () => gateway.docker('restart', '-t', '10', redis as string);
    const { during, after } = await faulted(gateway, { begin: restart, lasts: lastsMs(0), end: lastsMs(0) });
    expectSeen(during, withoutRedis);
    expectSeen(after, everywhere(200));
    expect(await full()).toBe(true);
    expect(await kept()).toMatch(/^rostrum; hit/);
  });

  it('without its data: what runs has its permit again, before anybody else is given one', async () => {
    const { during, after } = await faulted(gateway, {
      async begin() {
        await gateway.compose('rm', '--stop', '--force', 'redis');
        await gateway.docker('volume', 'rm', `${gateway.project}_redis-data`);
      },
      lasts: untilWithoutRedis,
      end: () => gateway.scale('redis', 1),
    });
    expectSeen(during, withoutRedis);
    expectSeen(after, everywhere(200));
    expect(await full()).toBe(true);
    expect(await kept()).toMatch(/^rostrum; fwd=miss/);

    const ended = held.map((id) => fetch(`${gateway.conductorUrl}/workflow/${id}`, { method: 'DELETE' }));
    for (const { status } of await Promise.all(ended)) expect(status).toBe(200);
    await waitFor(async () => (await hold()).status === 202, { timeoutMs: 30_000, everyMs: 200 });
  });
});
