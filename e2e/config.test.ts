import { type Gateway, startGateway, waitFor } from '@rostrum/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, call, publish, register } from './support.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({ natsConfig: 'max_payload: 65536' });
  await register(gateway, {
    name: 'one',
    tasks: [{ name: 'wait', taskReferenceName: 'wait', type: 'SET_VARIABLE', inputParameters: { x: 1 } }],
    outputParameters: { answer: 1 },
  });
});
afterAll(() => gateway.stop());

const route = (path: string, more: object = {}) => ({
  httpMethod: 'POST',
  path,
  mappedWorkflow: { name: 'one' },
  ...more,
});

describe('with the rights that services have in NATS', () => {
  it('a compiled service that is larger than a message serves its callers', async () => {
    const script = `/* ${'x'.repeat(20_000)} */ $`;
    const routes = Array.from({ length: 10 }, (_, index) =>
      route(`/r${index}`, { preRequestScript: script, inputSchema: { description: 'ü'.repeat(8_000) } }),
    );
    await publish(gateway, 'large', routes);
    expect(await call(gateway, 'POST', '/large/r9', { key: null, body: {} })).toMatchObject({ status: 200 });
  });

  it('a rollback takes effect, and what was done is in the audit log', async () => {
    await publish(gateway, 'back', [route('/a')]);
    const [{ revision }] = (await admin(gateway, 'GET', '/services/back/revisions')) as [{ revision: number }];
    await admin(gateway, 'PUT', '/services/back', { routes: [] });
    const status = async () => (await call(gateway, 'POST', '/back/a', { key: null, body: {} })).status;
    await waitFor(async () => (await status()) === 404);
    await admin(gateway, 'POST', '/services/back/rollback', { revision });
    await waitFor(async () => (await status()) === 200);
    await waitFor(async () => {
      const { entries } = (await admin(gateway, 'GET', '/audit')) as { entries: { path: string }[] };
      return entries.some(({ path }) => path.endsWith('/services/back/rollback'));
    });
    await admin(gateway, 'POST', '/secrets/rotate');
  });
});
