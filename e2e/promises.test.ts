import { type Gateway, startGateway, waitFor } from '@rostrum/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepsItsPromises } from './promises.ts';
import { call, feedback } from './support.ts';

/** On the embedded Conductor, or on the one that CONDUCTOR_SERVER_URL names. */
let gateway: Gateway;
beforeAll(async () => {
  const url = process.env.CONDUCTOR_SERVER_URL;
  gateway = await startGateway(url ? { conductor: { url } } : {});
  await gateway.applyExamples();
  await waitFor(async () => (await call(gateway, 'POST', '/api/feedback/p', { body: feedback })).status === 200);
});
afterAll(() => gateway?.stop());

keepsItsPromises(() => gateway);

describe('rights', () => {
  it('every service has done its work as a user of NATS and Redis who may do no more', async () => {
    expect(gateway.stack.nats?.lines.filter((line) => /violation|authoriz/i.test(line))).toEqual([]);
    const redis = new Redis(gateway.stack.around.redisUrl);
    expect(await redis.acl('LOG')).toEqual([]);
    redis.disconnect();
  });
});

describe('health', () => {
  it('of every service is told on its ops port, with metrics', async () => {
    for (const name of ['ingress', 'config', 'executor', 'cache'] as const) {
      const ops = gateway.stack.services[name][0]?.ready.ops;
      for (const path of ['/livez', '/readyz', '/metrics']) {
        expect((await fetch(`${ops}${path}`)).status, `${name} ${path}`).toBe(200);
      }
      expect(await (await fetch(`${ops}/metrics`)).text(), name).toMatch(/^rostrum_bus_connected 1$/m);
    }
  });
});
