import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { namespace, useNats } from '@rostrum/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Replica, startReplica } from './replica.ts';

/** The contract as a client in the wild speaks it, from curl's command line: everything in order, and everything away again. */
const nats = useNats();
let replica: Replica;
beforeAll(async () => {
  replica = await startReplica(nats.url, namespace(), { PUBLIC_URL: 'https://api.example.com' });
});
afterAll(() => replica.drain());

const run = promisify(execFile);
const json = 'Content-Type: application/json';

interface Told {
  status: number;
  type: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- the test says itself what it expects of it
  body: any;
}

async function curl(method: string, path: string, headers: string[], body?: unknown): Promise<Told> {
  const fields = headers.flatMap((header) => ['-H', header]);
  const data = body === undefined ? [] : ['--data-binary', JSON.stringify(body)];
  const format = '\n%{http_code} %{content_type}';
  const args = [
    '-sS',
    '--path-as-is',
    '-g',
    '-X',
    method,
    ...fields,
    ...data,
    '-w',
    format,
    `${replica.url}/api${path}`,
  ];
  const { stdout } = await run('curl', args);
  const end = stdout.lastIndexOf('\n');
  const [status, ...type] = stdout.slice(end + 1).split(' ');
  const text = stdout.slice(0, end);
  return { status: Number(status), type: type.join(' '), body: text === '' ? undefined : JSON.parse(text) };
}

it('a session with curl creates, changes and deletes it all, exactly as the contract says', async () => {
  const doubled = [json, json, 'Accept: */*', 'Accept: application/json'];
  const login = { keyId: 'admin', keySecret: 'test-secret' };
  const { body: version } = await curl('GET', '/version', [json]);
  expect(Number.parseFloat(version)).toBeGreaterThanOrEqual(4.1);
  const issued = await curl('POST', '/token', ['Content-Type: text/plain', json, 'Accept: application/json'], login);
  expect(issued.status).toBe(200);

  let token: string = issued.body.token;
  /** Expects 200, as clients do, and gives the body; GETs and DELETEs say that they are JSON and have no body. */
  const ok = async (method: string, path: string, body?: unknown) => {
    const told = await curl(method, path, [...doubled, `X-Authorization: ${token}`], body);
    expect([method, path, told.status, told.body]).toEqual([method, path, 200, told.body]);
    if (method === 'GET') expect(told.type).toMatch(/^application\/json/);
    return told.body;
  };
  const missing = async (method: string, path: string) =>
    expect([path, await curl(method, path, [...doubled, `X-Authorization: ${token}`])]).toMatchObject([
      path,
      { status: 404, body: { status: 404, code: 'not-found', message: expect.any(String) } },
    ]);

  // An application, its role, its key, and a token of its own to go on with.
  const application = await ok('POST', '/applications', { name: 'shop' });
  const app = `/applications/${application.id}`;
  await ok('PUT', app, { ...application, name: 'the shop' });
  expect(await ok('GET', app)).toMatchObject({ id: application.id, name: 'the shop', createdBy: 'admin' });
  await ok('POST', `${app}/roles/METADATA_MANAGER`);
  await ok('POST', `${app}/roles/WORKER`);
  await ok('DELETE', `${app}/roles/WORKER`);
  const user = { id: `app:${application.id}`, name: 'the shop', applicationUser: true };
  expect(await ok('GET', `/users/app:${application.id}`)).toEqual({ ...user, roles: [{ name: 'METADATA_MANAGER' }] });
  const key = await ok('POST', `${app}/accessKeys`, {});
  expect(Object.keys(key)).toEqual(['id', 'secret']);
  expect(await ok('GET', `/applications/key/${key.id}`)).toMatchObject({ id: application.id });
  expect(await ok('POST', `${app}/accessKeys/${key.id}/status`)).toMatchObject({ id: key.id, status: 'INACTIVE' });
  await ok('POST', `${app}/accessKeys/${key.id}/status`);
  expect(await ok('GET', `${app}/accessKeys`)).toEqual([
    { id: key.id, createdAt: expect.any(Number), status: 'ACTIVE' },
  ]);
  const appTags = [{ key: 'team', value: 'shop' }];
  await ok('PUT', `${app}/tags`, appTags);
  expect(await ok('GET', `${app}/tags`)).toEqual(appTags);
  await ok('DELETE', `${app}/tags`, appTags);

  const permission = {
    subject: { type: 'USER', id: `app:${application.id}` },
    target: { type: 'WORKFLOW_DEF', id: 'orders' },
    access: ['EXECUTE', 'READ'],
  };
  await ok('POST', '/auth/authorization', permission);
  const holders = { EXECUTE: [permission.subject], READ: [permission.subject] };
  expect(await ok('GET', '/auth/authorization/WORKFLOW_DEF/orders')).toEqual(holders);
  await ok('DELETE', '/auth/authorization', { ...permission, access: ['READ'] });
  expect(await ok('GET', '/auth/authorization/WORKFLOW_DEF/orders')).toEqual({ EXECUTE: [permission.subject] });

  const adminToken = token;
  token = (await curl('POST', '/token', doubled, { keyId: key.id, keySecret: key.secret })).body.token;
  expect(await curl('GET', app, [json, `X-Authorization: ${token}`])).toMatchObject({ status: 403 });

  // An auth config, a service, two routes.
  const config = '/gateway/config';
  const auth = await ok('POST', `${config}/auth`, {
    id: 'shop_auth',
    authType: 'API_KEY',
    applicationId: application.id,
  });
  expect(auth).toMatchObject({ id: 'shop_auth', authenticationType: 'API_KEY', authType: 'API_KEY' });
  expect(auth.apiKeys).toHaveLength(1);
  await ok('PUT', `${config}/auth/shop_auth`, { ...auth, apiKeys: ['k1', 'k2', 'k3'] });
  expect((await ok('GET', `${config}/auth/shop_auth`)).apiKeys).toHaveLength(3);

  const made = await ok('POST', `${config}/service`, {
    id: 'my_shop',
    name: 'Shop',
    path: '/shop/v1',
    authConfigId: 'shop_auth',
  });
  expect(made).toMatchObject({
    basePath: 'https://api.example.com/shop/v1',
    enabled: true,
    mcpEnabled: true,
    routes: [],
  });
  const service = `${config}/services/my_shop`;
  const get = { httpMethod: 'GET', path: '/orders/{id}', mappedWorkflow: { name: 'orders', version: 0 } };
  const post = { ...get, httpMethod: 'POST', inputSchema: '{"type": "object"}' };
  await ok('POST', `${service}/routes`, get);
  await ok('POST', `${service}/routes`, post);
  expect(await ok('GET', `${service}/routes?start=1&end=2`)).toMatchObject([
    { route: { httpMethod: 'GET', path: '/orders/{id}', serviceId: 'my_shop' } },
    { route: { httpMethod: 'POST', inputSchema: '{"type": "object"}' } },
  ]);
  const one = `${service}/routes/route?method=POST&path=/orders/{id}`;
  const { route: shown } = await ok('GET', one);
  expect(shown).toMatchObject({ createTime: expect.any(Number), updateTime: expect.any(Number) });
  await ok('PUT', `${service}/routes?path=/orders/{id}`, { ...shown, description: 'places an order' });
  expect((await ok('GET', one)).route).toMatchObject({ description: 'places an order', createTime: shown.createTime });

  // Tags at every level.
  const tags = [
    { key: 'env', value: 'prod' },
    { key: 'team', value: 'shop' },
  ];
  for (const at of [`${service}/tags`, `${service}/routes/tags?method=GET&path=/orders/{id}`]) {
    await ok('PUT', at, tags);
    expect(await ok('GET', at)).toEqual(tags);
    await ok('DELETE', at, [tags[0]]);
    expect(await ok('GET', at)).toEqual([tags[1]]);
  }

  // Changing the service keeps its routes.
  const off = await ok('PUT', service, {
    name: 'Shop',
    description: 'closed',
    enabled: false,
    createTime: made.createTime,
  });
  expect(off.routes).toHaveLength(2);
  const read = await ok('GET', service);
  expect(read).toMatchObject({ enabled: false, description: 'closed', tags: [tags[1]] });
  expect(await ok('GET', `${config}/services`)).toEqual([read]);

  // And all away; some clients send a DELETE with {}.
  const first = `${service}/routes?method=GET&path=/orders/{id}`;
  await ok('DELETE', first, {});
  await missing('DELETE', first);
  await ok('DELETE', service);
  await missing('GET', service);
  await ok('DELETE', `${config}/auth/shop_auth`, {});
  await missing('GET', `${config}/auth/shop_auth`);
  token = adminToken;
  await ok('DELETE', '/auth/authorization', permission);
  expect(await ok('GET', '/auth/authorization/WORKFLOW_DEF/orders')).toEqual({});
  await ok('DELETE', `${app}/accessKeys/${key.id}`, {});
  expect(await ok('GET', `${app}/accessKeys`)).toEqual([]);
  await missing('GET', `/applications/key/${key.id}`);
  await ok('DELETE', app, {});
  await missing('GET', app);
  expect(await ok('GET', '/applications')).toEqual([]);
});
