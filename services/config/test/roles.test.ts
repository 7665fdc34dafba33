import { namespace, useNats } from '@rostrum/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, apiOf, makeAccount } from './api.ts';
import { type Replica, route, startReplica } from './replica.ts';

const nats = useNats();
let replica: Replica;
let manager: Account;
let user: Account;
let none: Account;
let chief: Account;
beforeAll(async () => {
  replica = await startReplica(nats.url, namespace());
  manager = await makeAccount(replica, 'METADATA_MANAGER', 'WORKFLOW_MANAGER');
  user = await makeAccount(replica, 'USER');
  none = await makeAccount(replica, 'WORKER', 'admin', 'UNRESTRICTED_WORKER');
  chief = await makeAccount(replica, 'ADMIN');
  const admin = apiOf(replica);
  await admin('POST', '/gateway/config/auth', { id: 'a', authType: 'NONE' });
  await admin('POST', '/gateway/config/services', { id: 's', path: '/s', routes: [route('GET', '/r')] });
});
afterAll(() => replica.drain());

const config = '/gateway/config';
const reads = [
  `${config}/auth`,
  `${config}/auth/a`,
  `${config}/services`,
  `${config}/services/s`,
  `${config}/services/s/tags`,
  `${config}/services/s/routes`,
  `${config}/services/s/routes/route?method=GET&path=/r`,
  `${config}/services/s/routes/tags?method=GET&path=/r`,
];
const writes: [string, string, unknown][] = [
  ['POST', `${config}/auth`, { id: 'new', authType: 'NONE' }],
  ['PUT', `${config}/auth/new`, { authType: 'API_KEY' }],
  ['DELETE', `${config}/auth/new`, undefined],
  ['POST', `${config}/services`, { id: 'new', path: '/new' }],
  ['POST', `${config}/service`, { id: 'newer', path: '/newer' }],
  ['PUT', `${config}/services/new`, { name: 'n' }],
  ['PUT', `${config}/services/new/tags`, ['a:b']],
  ['DELETE', `${config}/services/new/tags`, ['a:b']],
  ['POST', `${config}/services/new/routes`, route('GET', '/r')],
  ['PUT', `${config}/services/new/routes`, route('GET', '/r', { description: 'd' })],
  ['PUT', `${config}/services/new/routes/tags?method=GET&path=/r`, ['a:b']],
  ['DELETE', `${config}/services/new/routes/tags?method=GET&path=/r`, ['a:b']],
  ['DELETE', `${config}/services/new/routes?method=GET&path=/r`, undefined],
  ['DELETE', `${config}/services/new`, undefined],
  ['DELETE', `${config}/services/newer`, undefined],
];
/** What would let somebody give himself more. */
const administration = (id: string, keyId: string): [string, string, unknown][] => [
  ['GET', '/applications', undefined],
  ['POST', '/applications', { name: 'x' }],
  ['GET', `/applications/${id}`, undefined],
  ['PUT', `/applications/${id}`, { name: 'x' }],
  ['GET', `/applications/${id}/accessKeys`, undefined],
  ['POST', `/applications/${id}/accessKeys`, undefined],
  ['POST', `/applications/${id}/accessKeys/${keyId}/status`, undefined],
  ['DELETE', `/applications/${id}/accessKeys/${keyId}`, undefined],
  ['GET', `/applications/key/${keyId}`, undefined],
  ['POST', `/applications/${id}/roles/ADMIN`, undefined],
  ['DELETE', `/applications/${id}/roles/USER`, undefined],
  ['GET', `/users/app:${id}`, undefined],
  ['GET', `/applications/${id}/tags`, undefined],
  ['PUT', `/applications/${id}/tags`, []],
  ['DELETE', `/applications/${id}/tags`, []],
  [
    'POST',
    '/auth/authorization',
    { subject: { type: 'USER', id: `app:${id}` }, target: { type: 'WORKFLOW_DEF', id: '*' }, access: ['EXECUTE'] },
  ],
  ['DELETE', '/auth/authorization', {}],
  ['GET', '/auth/authorization/WORKFLOW_DEF/x', undefined],
  ['POST', `${config}/signing-keys/rotate`, undefined],
  ['DELETE', `/applications/${id}`, undefined],
];

const refused = (role: string) => ({
  status: 403,
  type: expect.stringContaining('problem+json'),
  body: { code: 'forbidden', status: 403, detail: expect.stringContaining(`needs the role ${role}`) },
});

describe('USER', () => {
  it('reads services, routes and auth configs, and changes nothing', async () => {
    for (const path of reads) expect([path, await user.api('GET', path)]).toMatchObject([path, { status: 200 }]);
    for (const [method, path, body] of writes) {
      expect([path, await user.api(method, path, body)]).toMatchObject([path, refused('METADATA_MANAGER')]);
    }
  });
});

describe('METADATA_MANAGER', () => {
  it('reads and writes services, routes and auth configs, in its own name', async () => {
    for (const path of reads) expect([path, await manager.api('GET', path)]).toMatchObject([path, { status: 200 }]);
    for (const [method, path, body] of writes) {
      expect([path, await manager.api(method, path, body)]).toMatchObject([path, { status: 200 }]);
    }
    const { body } = await manager.api('POST', `${config}/auth`, { id: 'own', authType: 'NONE' });
    expect(body).toMatchObject({ createdBy: `app:${manager.id}`, updatedBy: `app:${manager.id}` });
  });

  it.each(['METADATA_MANAGER', 'USER', 'others'])('%s cannot give himself more', async (which) => {
    const account = { METADATA_MANAGER: manager, USER: user }[which] ?? none;
    for (const [method, path, body] of administration(account.id, account.key.keyId)) {
      expect([path, await account.api(method, path, body)]).toMatchObject([path, refused('ADMIN')]);
    }
  });
});

describe('other roles', () => {
  it('grant nothing, not even to read', async () => {
    for (const path of reads) expect([path, await none.api('GET', path)]).toMatchObject([path, refused('USER')]);
    for (const [method, path, body] of writes) {
      expect([path, await none.api(method, path, body)]).toMatchObject([path, { status: 403 }]);
    }
  });

  it('a role counts from the answer that gives it to the one that takes it', async () => {
    const at = `/applications/${none.id}/roles/USER`;
    await apiOf(replica)('POST', at);
    expect(await none.api('GET', `${config}/services`)).toMatchObject({ status: 200 });
    await apiOf(replica)('DELETE', at);
    expect(await none.api('GET', `${config}/services`)).toMatchObject({ status: 403 });
  });
});

describe('ADMIN', () => {
  it('may do everything, also as an application', async () => {
    const { id, key } = await makeAccount(replica);
    for (const [method, path, body] of [...writes, ...administration(id, key.keyId)]) {
      const { status } = await chief.api(method, path, body);
      expect([path, [200, 400, 404].includes(status)]).toEqual([path, true]);
    }
    expect(await chief.api('GET', `/applications/${id}`)).toMatchObject({ status: 404 });
  });
});

it('without a token there is nothing but the token and the version', async () => {
  const all = [...writes, ...administration('x', 'y'), ['GET', `${config}/auth`] as const];
  for (const [method, path] of all) {
    const answer = await fetch(`${replica.url}/api${path}`, { method });
    expect([path, answer.status]).toEqual([path, 401]);
  }
});
