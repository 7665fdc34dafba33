import { namespace, useNats } from '@rostrum/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, apiOf, makeAccount } from './api.ts';
import { registeredCalls } from './registered.ts';
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

/** Every call of the API, by the role that it needs. The test below fails where a new one is left out. */
const needed = {
  nobody: [
    'GET /api/gateway/config/docs',
    'GET /api/gateway/config/openapi.json',
    'GET /api/version',
    'POST /api/token',
  ],
  USER: [
    'GET /api/gateway/config/auth',
    'GET /api/gateway/config/auth/:id',
    'GET /api/gateway/config/services',
    'GET /api/gateway/config/services/:id',
    'GET /api/gateway/config/services/:id/cache/stats',
    'GET /api/gateway/config/services/:id/revisions',
    'GET /api/gateway/config/services/:id/routes',
    'GET /api/gateway/config/services/:id/routes/curl',
    'GET /api/gateway/config/services/:id/routes/executions',
    'GET /api/gateway/config/services/:id/routes/route',
    'GET /api/gateway/config/services/:id/routes/tags',
    'GET /api/gateway/config/services/:id/tags',
    'GET /api/gateway/config/services/metrics',
    'GET /api/schema',
    'GET /api/schema/:name',
    'GET /api/schema/:name/:version',
  ],
  METADATA_MANAGER: [
    'DELETE /api/gateway/config/auth/:id',
    'DELETE /api/gateway/config/services/:id',
    'DELETE /api/gateway/config/services/:id/routes',
    'DELETE /api/gateway/config/services/:id/routes/tags',
    'DELETE /api/gateway/config/services/:id/tags',
    'DELETE /api/schema/:name',
    'DELETE /api/schema/:name/:version',
    'POST /api/gateway/config/auth',
    'POST /api/gateway/config/auth/masks',
    'POST /api/gateway/config/cache/purge',
    'POST /api/gateway/config/service',
    'POST /api/gateway/config/services',
    'POST /api/gateway/config/services/:id/rollback',
    'POST /api/gateway/config/services/:id/routes',
    'POST /api/gateway/config/services/:id/routes/test',
    'POST /api/gateway/config/test/script',
    'POST /api/schema',
    'PUT /api/gateway/config/auth/:id',
    'PUT /api/gateway/config/services/:id',
    'PUT /api/gateway/config/services/:id/routes',
    'PUT /api/gateway/config/services/:id/routes/tags',
    'PUT /api/gateway/config/services/:id/tags',
  ],
  // What would let somebody give himself more, or carry everything off.
  ADMIN: [
    'GET /api/applications',
    'GET /api/applications/:id',
    'GET /api/applications/:id/accessKeys',
    'GET /api/applications/:id/tags',
    'GET /api/applications/key/:keyId',
    'GET /api/auth/authorization/:type/:id',
    'GET /api/gateway/config/audit',
    'GET /api/gateway/config/backup',
    'GET /api/users/:user',
    'GET /api/users/:user/permissions',
    'POST /api/applications',
    'POST /api/applications/:id/accessKeys',
    'POST /api/applications/:id/accessKeys/:keyId/status',
    'POST /api/applications/:id/roles/:role',
    'POST /api/auth/authorization',
    'POST /api/gateway/config/restore',
    'POST /api/gateway/config/secrets/rotate',
    'POST /api/gateway/config/signing-keys/rotate',
    'PUT /api/applications/:id',
    'PUT /api/applications/:id/tags',
    'DELETE /api/applications/:id/accessKeys/:keyId',
    'DELETE /api/applications/:id/roles/:role',
    'DELETE /api/applications/:id/tags',
    'DELETE /api/auth/authorization',
    'DELETE /api/applications/:id',
  ],
};

/** Makes a call about this application, or about services and the like that there are none of; without a body. */
async function call(which: string, about: { id: string; keyId: string }, token?: string) {
  const [method = '', url = ''] = which.split(' ');
  const { id, keyId } = about;
  const isApplication = url.startsWith('/api/applications');
  const values: Record<string, string> = {
    keyId,
    user: `app:${id}`,
    role: 'ADMIN',
    type: 'WORKFLOW_DEF',
    version: '1',
  };
  const path = url.replaceAll(/:(\w+)/g, (_, name: string) => values[name] ?? (isApplication ? id : 'nothing'));
  const headers: Record<string, string> = token === undefined ? {} : { 'x-authorization': token };
  const answer = await fetch(`${replica.url}${path}`, { method, headers });
  const text = await answer.text();
  return { which, status: answer.status, body: answer.ok ? undefined : JSON.parse(text) };
}

const refused = (role: string) => ({
  status: 403,
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

describe('every call', () => {
  it('is in the list above: put a new one under the role that it needs', async () => {
    expect(Object.values(needed).flat().sort()).toEqual(await registeredCalls());
  });

  it.each(['USER', 'METADATA_MANAGER', 'others'])(
    'that %s may not make is refused, whatever it is about',
    async (role) => {
      const account = { METADATA_MANAGER: manager, USER: user }[role] ?? none;
      const about = { id: account.id, keyId: account.key.keyId };
      const above = { USER: ['METADATA_MANAGER', 'ADMIN'] as const, METADATA_MANAGER: ['ADMIN'] as const }[role];
      for (const need of above ?? (['USER', 'METADATA_MANAGER', 'ADMIN'] as const)) {
        for (const which of needed[need]) {
          expect(await call(which, about, account.token)).toMatchObject({ which, ...refused(need) });
        }
      }
    },
  );

  it('is one that ADMIN may make, also as an application', async () => {
    const { id, key } = await makeAccount(replica);
    for (const which of [...needed.USER, ...needed.METADATA_MANAGER, ...needed.ADMIN]) {
      const { status } = await call(which, { id, keyId: key.keyId }, chief.token);
      expect([which, [200, 400, 404, 503].includes(status)]).toEqual([which, true]);
    }
    expect(await chief.api('GET', `/applications/${id}`)).toMatchObject({ status: 404 });
  });

  it('needs a token, but for those that tell nothing', async () => {
    for (const which of [...needed.USER, ...needed.METADATA_MANAGER, ...needed.ADMIN]) {
      expect(await call(which, { id: 'x', keyId: 'y' })).toMatchObject({ which, status: 401 });
    }
    for (const which of needed.nobody) {
      const { status } = await call(which, { id: 'x', keyId: 'y' });
      expect([which, [200, 400].includes(status)]).toEqual([which, true]);
    }
  });
});
