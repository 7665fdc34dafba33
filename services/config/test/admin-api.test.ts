import { request } from 'node:http';
import { namespace, useNats } from '@rostrum/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Replica, read, route, startReplica } from './replica.ts';

const nats = useNats();
let replica: Replica;
beforeAll(async () => {
  replica = await startReplica(nats.url, namespace(), { PUBLIC_URL: 'https://api.example.com/' });
});
afterAll(() => replica.drain());

describe('tokens', () => {
  it('are given for the admin’s access key alone', async () => {
    const take = async (body: unknown) =>
      read(await fetch(`${replica.url}/api/token`, { method: 'POST', body: JSON.stringify(body) }));
    expect(await take({ keyId: 'admin', keySecret: 'test-secret' })).toMatchObject({
      status: 200,
      body: { token: expect.stringMatching(/^ey/) },
    });
    for (const wrong of [
      { keyId: 'admin', keySecret: 'test-secre' },
      { keyId: 'nobody', keySecret: 'test-secret' },
      { keyId: 'nobody', keySecret: '' },
    ]) {
      expect(await take(wrong)).toMatchObject({ status: 401, body: { code: 'unauthenticated', status: 401 } });
    }
    expect(await take({ keyId: 'admin' })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/keySecret' }] },
    });
  });

  it('that are absent, forged or expired are told apart for clients that refresh them', async () => {
    const list = async (url: string, token?: string) =>
      read(await fetch(`${url}/api/gateway/config/auth`, { headers: token ? { 'x-authorization': token } : {} }));
    const token = await replica.token();
    expect(await list(replica.url, token)).toMatchObject({ status: 200, body: [] });
    expect(await list(replica.url, `Bearer ${token}`)).toMatchObject({ status: 200 });
    expect(await list(replica.url)).toMatchObject({ status: 401, body: { error: 'INVALID_TOKEN' } });
    expect(await list(replica.url, `${token}x`)).toMatchObject({ status: 401, body: { error: 'INVALID_TOKEN' } });

    const other = await startReplica(nats.url, namespace(), { TOKEN_LIFETIME_SECONDS: '1' });
    const foreign = await other.token();
    expect(await list(replica.url, foreign), 'of another installation').toMatchObject({ status: 401 });
    await expect
      .poll(() => list(other.url, foreign), { timeout: 5_000 })
      .toMatchObject({ status: 401, body: { error: 'EXPIRED_TOKEN' }, type: expect.stringContaining('problem+json') });
    await other.drain();
  });

  it('the version is told to everybody', async () => {
    expect(await read(await fetch(`${replica.url}/api/version`))).toMatchObject({ status: 200, body: '4.1.0' });
  });
});

describe('auth configs', () => {
  it('are created, read, listed, changed and deleted, always with 200', async () => {
    const made = await replica.send('POST', '/auth', { id: 'crud', authType: 'NONE' });
    expect(made).toMatchObject({ status: 200, body: { id: 'crud', authType: 'NONE', authenticationType: 'NONE' } });
    expect(made.body.createTime).toEqual(expect.any(Number));
    expect(await replica.send('POST', '/auth', { id: 'crud', authType: 'NONE' })).toMatchObject({ status: 409 });
    expect((await replica.send('GET', '/auth/crud')).body).toEqual(made.body);
    expect((await replica.send('GET', '/auth')).body).toEqual([made.body]);

    const changed = await replica.send('PUT', '/auth/crud', {
      ...made.body,
      authType: undefined,
      applicationId: 'app',
    });
    expect(changed).toMatchObject({ status: 200, body: { applicationId: 'app', createTime: made.body.createTime } });
    expect(changed.body.updateTime).toBeGreaterThan(made.body.updateTime);
    expect((await replica.send('GET', '/auth/crud')).body).toEqual(changed.body);

    expect(await replica.send('DELETE', '/auth/crud', {})).toMatchObject({ status: 200 });
    expect(await replica.send('GET', '/auth/crud')).toMatchObject({ status: 404, body: { code: 'not-found' } });
    expect(await replica.send('DELETE', '/auth/crud')).toMatchObject({ status: 404 });
    expect(await replica.send('PUT', '/auth/crud', { authType: 'NONE' })).toMatchObject({ status: 404 });
  });

  it('may have any id that fits into a path', async () => {
    const id = `team.a=ü${'x'.repeat(180)}`;
    expect(await replica.send('POST', '/auth', { id, authType: 'NONE' })).toMatchObject({ status: 200 });
    expect(await replica.send('GET', `/auth/${encodeURIComponent(id)}`)).toMatchObject({ status: 200, body: { id } });
    await replica.send('DELETE', `/auth/${encodeURIComponent(id)}`);
    const unnamed = await replica.send('POST', '/auth', { authenticationType: 'NONE' });
    expect(unnamed.body.id).toMatch(/^[0-9a-f-]{36}$/);
    await replica.send('DELETE', `/auth/${unnamed.body.id}`);
  });

  it('show a key plainly in the answer that makes it, and never again', async () => {
    const made = await replica.send('POST', '/auth', { id: 'keys', authenticationType: 'API_KEY' });
    const [key] = made.body.apiKeys;
    expect(key).toMatch(/^rk_[\w-]{32}$/);
    const shown = await replica.send('GET', '/auth/keys');
    expect(shown.body.apiKeys).toEqual([expect.stringMatching(/^\*{8}[\w-]{8}$/)]);
    expect(JSON.stringify(shown.body)).not.toContain(key);

    const [masked] = shown.body.apiKeys;
    const rotated = await replica.send('PUT', '/auth/keys', { ...shown.body, apiKeys: [masked, 'second', 'third'] });
    expect(rotated.body.apiKeys).toEqual([masked, 'second', 'third']);
    const after = await replica.send('GET', '/auth/keys');
    expect(after.body.apiKeys).toHaveLength(3);
    expect(after.body.apiKeys[0]).toBe(masked);
    expect(JSON.stringify(after.body)).not.toMatch(/second|third/);

    const kept = await replica.send('PUT', '/auth/keys', { authType: 'API_KEY' });
    expect(kept.body.apiKeys, 'left out: kept').toEqual(after.body.apiKeys);
    const strange = await replica.send('PUT', '/auth/keys', { apiKeys: ['second', '********AAAAAAAA'] });
    expect(strange).toMatchObject({ status: 400, body: { errors: [{ pointer: '/apiKeys/1' }] } });
  });

  it('turn from API_KEY to OIDC without apiKeys', async () => {
    await replica.send('POST', '/auth', { id: 'turned', authenticationType: 'API_KEY' });
    const oidc = { authenticationType: 'OIDC', issuerUri: 'https://issuer.example.com', audience: 'a' };
    expect(await replica.send('PUT', '/auth/turned', oidc)).toMatchObject({ status: 200, body: oidc });
    expect(await replica.send('GET', '/auth/turned')).toMatchObject({ body: oidc });
  });

  it('of OIDC that lack what is needed are stored with a warning, which may be sent back', async () => {
    const half = await replica.send('POST', '/auth', { id: 'half', authType: 'OIDC', issuerUri: '' });
    const warning = (name: string) => ({ pointer: `/${name}`, detail: expect.stringMatching(/nobody gets in/) });
    expect(half).toMatchObject({ status: 200, body: { warnings: [warning('issuerUri'), warning('audience')] } });
    const issuerUri = 'https://issuer.example.com/a';
    const next = await replica.send('PUT', '/auth/half', { ...half.body, issuerUri });
    expect(next).toMatchObject({ status: 200, body: { issuerUri, warnings: [warning('audience')] } });
    const whole = await replica.send('PUT', '/auth/half', { ...next.body, audience: 'a' });
    expect(whole.status).toBe(200);
    expect(whole.body).not.toHaveProperty('warnings');
  });

  it.each([
    ['http://issuer.example.com', /https/],
    ['issuer.example.com', /https address/],
    ['https://issuer.example.com?tenant=1', /query/],
    ['https://issuer.example.com/#a', /query/],
    ['https://user:pass@issuer.example.com', /password/],
    ['file:///etc/passwd', /https/],
    ['https://issuer.example.com/a b', /characters/],
  ])('of OIDC with the issuer %s are refused', async (issuerUri, why) => {
    const made = await replica.send('POST', '/auth', { id: 'odd', authType: 'OIDC', audience: 'a', issuerUri });
    expect(made).toMatchObject({ status: 400, body: { errors: [{ pointer: '/issuerUri' }] } });
    expect(made.body.errors[0].detail).toMatch(why);
  });

  it('of OIDC may name an issuer on this machine by http', async () => {
    for (const issuerUri of ['http://127.0.0.1:9000', 'http://localhost:9000/realm', 'http://[::1]:9000'])
      expect(
        (await replica.send('POST', '/auth', { authType: 'OIDC', audience: 'a', issuerUri })).status,
        issuerUri,
      ).toBe(200);
  });
});

describe('services', () => {
  it('are created under both spellings, with their routes', async () => {
    for (const [spelling, id] of [
      ['/services', 'plural'],
      ['/service', 'singular'],
    ]) {
      const made = await replica.send('POST', spelling ?? '', {
        id,
        name: 'A service',
        path: `/${id}/v1`,
        tags: ['team:payments', { key: 'k', value: 'v', type: 'T' }],
        corsConfig: { accessControlAllowOrigin: ['*'] },
        routes: [route('GET', '/{a}'), route('POST', '/{a}')],
      });
      expect(made).toMatchObject({
        status: 200,
        body: {
          id,
          enabled: true,
          mcpEnabled: true,
          basePath: `https://api.example.com/${id}/v1`,
          createdBy: 'admin',
          tags: [
            { key: 'team', value: 'payments' },
            { key: 'k', value: 'v', type: 'T' },
          ],
          routes: [{ httpMethod: 'GET', path: '/{a}', serviceId: id }, { httpMethod: 'POST' }],
        },
      });
      expect((await replica.send('GET', `/services/${id}`)).body).toEqual(made.body);
      expect((await replica.send('GET', '/services')).body).toContainEqual(made.body);
    }
    expect(await replica.send('POST', '/services', { id: 'plural', path: '/other' })).toMatchObject({ status: 409 });
    for (const id of ['plural', 'singular']) {
      expect(await replica.send('DELETE', `/services/${id}`)).toMatchObject({ status: 200 });
      expect(await replica.send('GET', `/services/${id}`)).toMatchObject({ status: 404 });
    }
  });

  it('keep their routes on a PUT without routes, and take others on one with', async () => {
    const made = await replica.send('POST', '/services', { id: 'put', path: '/put', routes: [route('GET', '/a')] });
    const off = await replica.send('PUT', '/services/put', { name: 'Off', enabled: false });
    expect(off).toMatchObject({ status: 200, body: { name: 'Off', enabled: false, path: '/put' } });
    expect(off.body.routes).toEqual(made.body.routes);
    expect(await replica.send('GET', '/services/put')).toMatchObject({ body: { enabled: false } });

    const routes = [made.body.routes[0], route('POST', '/b')];
    const other = await replica.send('PUT', '/services/put', { ...off.body, routes });
    expect(other.body.routes).toMatchObject([{ path: '/a' }, { path: '/b' }]);
    expect(other.body.routes[0], 'the same route is not touched').toEqual(made.body.routes[0]);
    const none = await replica.send('PUT', '/services/put', { routes: [] });
    expect(none.body.routes).toEqual([]);
    const moved = await replica.send('PUT', '/services/put', { path: '/elsewhere', id: 'renamed' });
    expect(moved).toMatchObject({ status: 400, body: { errors: [{ pointer: '/id' }, { pointer: '/path' }] } });
  });

  it('that are written as they are get no new revision', async () => {
    const body = { id: 'same', path: '/same', tags: ['a:b'], routes: [route('GET', '/a', { tags: ['c:d'] })] };
    const made = await replica.send('POST', '/services', body);
    expect((await replica.send('PUT', '/services/same', body)).body).toEqual(made.body);
    expect((await replica.send('PUT', '/services/same', made.body)).body).toEqual(made.body);
    const keys = { id: 'same', authenticationType: 'API_KEY', apiKeys: ['one', 'two'] };
    const auth = await replica.send('POST', '/auth', keys);
    expect((await replica.send('PUT', '/auth/same', keys)).body.updateTime).toBe(auth.body.updateTime);
    const shown = (await replica.send('GET', '/auth/same')).body;
    expect((await replica.send('PUT', '/auth/same', shown)).body.updateTime).toBe(auth.body.updateTime);
    const swapped = await replica.send('PUT', '/auth/same', { ...keys, apiKeys: ['one', 'three'] });
    expect(swapped.body.updateTime).toBeGreaterThan(auth.body.updateTime);
  });

  it('have tags of their own path', async () => {
    await replica.send('POST', '/services', { id: 'tags', path: '/tags', routes: [route('GET', '/a')] });
    const pair = { key: 'env', value: 'prod' };
    expect(await replica.send('PUT', '/services/tags/tags', [pair, 'x:y'])).toMatchObject({ status: 200 });
    expect((await replica.send('GET', '/services/tags/tags')).body).toEqual([pair, { key: 'x', value: 'y' }]);
    await replica.send('PUT', '/services/tags', { name: 'later' });
    expect((await replica.send('GET', '/services/tags')).body.tags).toHaveLength(2);
    await replica.send('DELETE', '/services/tags/tags', [pair, { key: 'x', value: 'other' }]);
    expect((await replica.send('GET', '/services/tags/tags')).body).toEqual([{ key: 'x', value: 'y' }]);

    const at = '/services/tags/routes/tags?method=GET&path=/a';
    expect(await replica.send('PUT', at, [pair])).toMatchObject({ status: 200 });
    expect((await replica.send('GET', at)).body).toEqual([pair]);
    expect((await replica.send('GET', '/services/tags')).body.routes[0].tags).toEqual([pair]);
    await replica.send('DELETE', at, [pair]);
    expect((await replica.send('GET', at)).body).toEqual([]);
  });
});

describe('routes', () => {
  it('are created, read, listed, replaced and deleted', async () => {
    await replica.send('POST', '/services', { id: 'r', path: '/r' });
    const inputSchema = '{ "type": "object",\n "required": ["a"] }';
    const made = await replica.send(
      'POST',
      '/services/r/routes',
      route('POST', '/x/{id}', { inputSchema, tags: ['a:b'] }),
    );
    expect(made).toMatchObject({ status: 200, body: { serviceId: 'r', httpMethod: 'POST', path: '/x/{id}' } });
    expect(made.body.inputSchema, 'text comes back as it was given').toBe(inputSchema);
    expect(await replica.send('POST', '/services/r/routes', route('POST', '/x/{id}'))).toMatchObject({ status: 409 });
    expect(await replica.send('POST', '/services/r/routes', route('GET', '/x/{id}'))).toMatchObject({ status: 200 });

    const list = await replica.send('GET', '/services/r/routes?start=1&end=2');
    expect(list.body).toEqual([{ route: expect.objectContaining({ httpMethod: 'GET' }) }, { route: made.body }]);
    const one = await replica.send('GET', '/services/r/routes/route?method=POST&path=/x/{id}');
    expect(one.body).toEqual({ route: made.body });

    const put = await replica.send('PUT', '/services/r/routes?path=/x/{id}', { ...made.body, description: 'new' });
    expect(put).toMatchObject({ status: 200, body: { description: 'new', createTime: made.body.createTime } });
    expect((await replica.send('GET', '/services/r/routes')).body).toContainEqual({ route: put.body });
    const objects = await replica.send(
      'PUT',
      '/services/r/routes',
      route('POST', '/x/{id}', { outputSchema: { type: 'object' } }),
    );
    expect(objects.body).toMatchObject({ outputSchema: { type: 'object' }, tags: [{ key: 'a', value: 'b' }] });
    expect(objects.body.description, 'what a PUT leaves out is gone').toBeUndefined();

    expect(await replica.send('PUT', '/services/r/routes', route('POST', '/y'))).toMatchObject({ status: 404 });
    const renamed = await replica.send('PUT', '/services/r/routes?path=/z', route('POST', '/x/{id}'));
    expect(renamed).toMatchObject({ status: 400, body: { errors: [{ pointer: '/path' }] } });
    expect(await replica.send('DELETE', '/services/r/routes?method=POST&path=/x/{id}')).toMatchObject({ status: 200 });
    expect(await replica.send('DELETE', '/services/r/routes?method=POST&path=/x/{id}')).toMatchObject({ status: 404 });
    expect(await replica.send('DELETE', '/services/r/routes?path=/x')).toMatchObject({ status: 400 });
    expect((await replica.send('GET', '/services/r/routes')).body).toHaveLength(1);
    expect(await replica.send('GET', '/services/none/routes')).toMatchObject({ status: 404 });
  });
});

it('the ops server counts services and commits', async () => {
  const text = await (await fetch(`${replica.service.addresses['ops']}/metrics`)).text();
  const { body } = await replica.send('GET', '/services');
  expect(text).toContain(`rostrum_config_services ${body.length}`);
  expect(text).toMatch(/rostrum_config_commits_total\{outcome="stored"\} [1-9]/);
  expect(text).toContain('rostrum_config_revisions_behind 0');
});

describe('what clients in the wild send', () => {
  it('headers twice, JSON content types without a body, and DELETE with {}', async () => {
    const { host, hostname, port } = new URL(replica.url);
    const raw = (method: string, path: string, fields: string[], body = '') =>
      new Promise<number | undefined>((resolve, reject) => {
        // An array is sent as it stands, twice the same name included.
        const headers = ['Host', host, ...fields];
        const sent = request({ hostname, port, method, path, headers }, (answer) => {
          answer.resume().on('end', () => resolve(answer.statusCode));
        });
        sent.on('error', reject).end(body);
      });
    const json = [
      'Content-Type',
      'application/json',
      'Content-Type',
      'application/json',
      'Accept',
      '*/*',
      'Accept',
      'application/json',
    ];
    const token = ['X-Authorization', await replica.token()];
    const key = JSON.stringify({ keyId: 'admin', keySecret: 'test-secret' });
    expect(
      await raw('POST', '/api/token', ['Content-Type', 'text/plain', ...json, 'Content-Length', `${key.length}`], key),
    ).toBe(200);
    expect(await raw('GET', '/api/gateway/config/services', [...json, ...token])).toBe(200);
    await replica.send('POST', '/auth', { id: 'w', authType: 'NONE' });
    expect(await raw('DELETE', '/api/gateway/config/auth/w', [...json, ...token])).toBe(200);
    await replica.send('POST', '/auth', { id: 'w', authType: 'NONE' });
    expect(await raw('DELETE', '/api/gateway/config/auth/w', [...json, ...token, 'Content-Length', '2'], '{}')).toBe(
      200,
    );
  });

  it('who changed what stands in the log, and no secret does', () => {
    expect(replica.log).toContainEqual(
      expect.objectContaining({
        msg: 'admin request',
        method: 'DELETE',
        url: '/api/gateway/config/auth/w',
        caller: 'admin',
      }),
    );
    expect(JSON.stringify(replica.log)).not.toMatch(/test-secret|rk_|second/);
  });
});
