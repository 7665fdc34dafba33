import { type Gateway, startGateway, waitFor } from '@rostrum/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, call } from './support.ts';
import { type TokenConductor, tokenConductor } from './token-conductor.ts';

/** Applications decide what routes may run, and in whose name; on a Conductor that wants tokens. */
let conductor: TokenConductor;
let gateway: Gateway;
beforeAll(async () => {
  conductor = await tokenConductor();
  for (const each of ['gateway', 'red', 'blue']) conductor.keys.set(each, `planted-secret-${each}`);
  const { url } = conductor;
  gateway = await startGateway({ conductor: { url, keyId: 'gateway', keySecret: 'planted-secret-gateway' } });
  for (const id of ['red', 'blue']) {
    await application('POST', '', { id, name: id, conductor: { keyId: id, keySecret: `planted-secret-${id}` } });
    await service(id, id);
  }
  await application('POST', '', { id: 'plain', name: 'without credentials of its own' });
  await service('plain', 'plain');
  await service('open', undefined);
});
afterAll(async () => {
  await gateway?.stop();
  await conductor?.close();
});

async function application(method: string, path: string, json?: unknown): Promise<void> {
  const init = { method, ...(json === undefined ? {} : { json }) };
  const response = await gateway.admin.fetch(`/api/applications${path}`, init);
  expect([path, response.status, await response.text()]).toEqual([path, 200, expect.any(String)]);
}

async function permit(method: string, id: string, workflow: string): Promise<void> {
  const [subject, target] = [
    { type: 'USER', id: `app:${id}` },
    { type: 'WORKFLOW_DEF', id: workflow },
  ];
  const json = { subject, target, access: ['EXECUTE'] };
  expect((await gateway.admin.fetch('/api/auth/authorization', { method, json })).status).toBe(200);
}

async function service(id: string, applicationId: string | undefined): Promise<void> {
  await admin(gateway, 'POST', '/auth', { id, authenticationType: 'NONE', applicationId });
  const routes = ['one', 'two'].map((name) => ({ httpMethod: 'POST', path: `/${name}`, mappedWorkflow: { name } }));
  await admin(gateway, 'POST', '/services', { id, path: `/${id}`, authConfigId: id, routes });
}

const post = (path: string) => call(gateway, 'POST', path, { body: {} });
const until = (path: string, status: number) =>
  waitFor(async () => (await post(path)).status === status, { what: `${path} to answer ${status}` });

describe('an application', () => {
  it('runs the workflows that it may EXECUTE, no others', async () => {
    await until('/red/one', 403);
    const refused = await post('/red/one');
    expect(refused.body).toMatchObject({
      detail: expect.stringMatching(/red lacks the permission EXECUTE on the workflow one/),
    });
    await permit('POST', 'red', 'one');
    await until('/red/one', 200);
    expect(await post('/red/two')).toMatchObject({ status: 403 });
    await permit('POST', 'red', 't*');
    await until('/red/two', 200);
    await permit('DELETE', 'red', 't*');
    await until('/red/two', 403);
    expect(conductor.starts.some(({ workflow, keyId }) => keyId === 'red' && workflow === 'one')).toBe(true);
  });

  it('starts with its own token, each its own, at the same time; without one with the gateway’s', async () => {
    for (const id of ['red', 'blue', 'plain']) await permit('POST', id, '*');
    for (const id of ['red', 'blue', 'plain', 'open']) await until(`/${id}/one`, 200);
    conductor.starts.length = 0;
    const ids = ['red', 'blue', 'plain', 'open'];
    const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => post(`/${ids[n % 4]}/one`)));
    const expected = { red: 'red', blue: 'blue', plain: 'gateway', open: 'gateway' } as Record<string, string>;
    expect(answers.map(({ body }) => body)).toEqual(answers.map((_, n) => ({ by: expected[ids[n % 4] as string] })));
    const started = Object.groupBy(conductor.starts, ({ keyId }) => String(keyId));
    const counts = Object.fromEntries(Object.entries(started).map(([keyId, starts]) => [keyId, starts?.length]));
    expect(counts).toEqual({ red: 10, blue: 10, gateway: 20 });
  });

  it('goes on with new credentials as soon as it has them, or when Conductor has refused the old', async () => {
    conductor.keys.set('red-2', 'planted-secret-red-2');
    await application('PUT', '/red', { name: 'red', conductor: { keyId: 'red-2', keySecret: 'planted-secret-red-2' } });
    await waitFor(async () => (await post('/red/one')).body.by === 'red-2');
    conductor.keys.delete('red');
    expect(await post('/red/one')).toMatchObject({ status: 200, body: { by: 'red-2' } });

    conductor.keys.set('blue', 'planted-secret-blue-2');
    expect(await post('/blue/one'), 'its key has another secret now').toMatchObject({ status: 502 });
    await application('PUT', '/blue', { name: 'b', conductor: { keyId: 'blue', keySecret: 'planted-secret-blue-2' } });
    await until('/blue/one', 200);
  });

  it('shows its secret and its tokens nowhere', () => {
    const { services, nats } = gateway.stack;
    const lines = [...Object.values(services).flat(), nats].flatMap((each) => each?.lines ?? []);
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.filter((line) => /planted-secret|conductor-token/.test(line))).toEqual([]);
  });
});
