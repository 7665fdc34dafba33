import { request } from 'node:http';
import { namespace, useNats } from '@rostrum/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Replica, read, route, startReplica } from './replica.ts';

/** What the reference product's clients rely on, line by line; what admin-api.test.ts does not say already. */

const nats = useNats();
let replica: Replica;
beforeAll(async () => {
  replica = await startReplica(nats.url, namespace(), { PUBLIC_URL: 'https://api.example.com' });
});
afterAll(() => replica.drain());

/** A request as it stands, headers doubled where they are given twice. */
function raw(method: string, path: string, fields: string[], body = ''): Promise<{ status: number; type: string }> {
  const { host, hostname, port } = new URL(replica.url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path, headers: ['Host', host, ...fields] }, (answer) => {
      answer.resume().on('end', () => {
        resolve({ status: answer.statusCode ?? 0, type: answer.headers['content-type'] ?? '' });
      });
    });
    sent.on('error', reject).end(body);
  });
}

describe('on the wire', () => {
  it('every kind of read answers application/json, every success 200', async () => {
    await replica.send('POST', '/auth', { id: 'wire', authType: 'NONE' });
    await replica.send('POST', '/services', { id: 'wire', path: '/wire', routes: [route('GET', '/a')] });
    await replica.send('POST', '/../../schema', { name: 'wire', data: {} });
    for (const path of [
      '/auth',
      '/auth/wire',
      '/services',
      '/services/wire',
      '/services/wire/tags',
      '/services/wire/routes',
      '/services/wire/routes/route?method=GET&path=/a',
      '/services/wire/routes/tags?method=GET&path=/a',
      '/../../schema',
      '/../../schema/wire',
      '/../../schema/wire/1',
      '/../../version',
    ]) {
      const answer = await replica.send('GET', path);
      expect({ path, status: answer.status }).toEqual({ path, status: 200 });
      expect(answer.type, path).toMatch(/^application\/json/);
    }
  });

  it('a token works without "Bearer", and X-Authorization may come doubled', async () => {
    const token = await replica.token();
    const doubled = ['X-Authorization', token, 'X-Authorization', token];
    expect(await raw('GET', '/api/gateway/config/auth', doubled)).toMatchObject({ status: 200 });
  });

  it('bodies arrive whatever their Content-Type says, twice and differently included', async () => {
    const body = JSON.stringify({ id: 'typed', authType: 'NONE' });
    const fields = ['X-Authorization', await replica.token(), 'Content-Length', `${body.length}`];
    const types = ['Content-Type', 'text/plain', 'Content-Type', 'application/json'];
    expect(await raw('POST', '/api/gateway/config/auth', [...fields, ...types], body)).toMatchObject({ status: 200 });
    const none = await raw('GET', '/api/gateway/config/auth/typed', [...fields.slice(0, 2), ...types.slice(2)]);
    expect(none).toMatchObject({ status: 200, type: expect.stringMatching(/^application\/json/) });
    expect(await raw('DELETE', '/api/gateway/config/auth/typed', [...fields.slice(0, 2), ...types])).toMatchObject({
      status: 200,
    });
  });

  it('times are integers, and what a client sends for them has no effect', async () => {
    const made = await replica.send('POST', '/services', {
      id: 'times',
      path: '/times',
      createTime: 1,
      updateTime: 'yesterday',
      createdBy: 'me',
      routes: [route('GET', '/a', { createTime: 1, updateTime: 2 })],
    });
    for (const { createTime, updateTime } of [made.body, made.body.routes[0]]) {
      expect(Number.isInteger(createTime) && createTime > 1e12).toBe(true);
      expect(Number.isInteger(updateTime) && updateTime > 1e12).toBe(true);
    }
    expect(made.body.createdBy).toBe('admin');
    const put = await replica.send('PUT', '/services/times', {
      ...made.body,
      name: 'x',
      createTime: 5,
      createdBy: 'me',
    });
    expect(put.body).toMatchObject({ createTime: made.body.createTime, createdBy: 'admin' });
  });

  it('tags that are sent with a route’s PUT are stored', async () => {
    await replica.send('POST', '/services', { id: 'tagged', path: '/tagged', routes: [route('GET', '/a')] });
    await replica.send('PUT', '/services/tagged/routes', route('GET', '/a', { tags: [{ key: 'k', value: 'v' }] }));
    const tags = await replica.send('GET', '/services/tagged/routes/tags?method=GET&path=/a');
    expect(tags.body).toEqual([{ key: 'k', value: 'v' }]);
    const one = await replica.send('GET', '/services/tagged/routes/route?method=GET&path=/a');
    expect(one.body.route.tags).toEqual([{ key: 'k', value: 'v' }]);
  });

  it('an auth config may name an application that does not exist, a service no auth config, a route any workflow', async () => {
    const auth = await replica.send('POST', '/auth', { authType: 'API_KEY', applicationId: 'ghost' });
    expect(auth).toMatchObject({ status: 200, body: { id: expect.any(String), applicationId: 'ghost' } });
    const made = await replica.send('POST', '/services', {
      id: 'lone',
      path: '/lone',
      routes: [route('GET', '/a', { mappedWorkflow: { name: 'nowhere', version: 0 } })],
    });
    expect(made.status).toBe(200);
    expect(made.body).not.toHaveProperty('authConfigId');
  });

  it('what is missing is a 404 on every path that names it, never an empty 200', async () => {
    for (const [method, path, body] of [
      ['GET', '/auth/none'],
      ['PUT', '/auth/none', { authType: 'NONE' }],
      ['DELETE', '/auth/none'],
      ['GET', '/services/none'],
      ['PUT', '/services/none', { name: 'x' }],
      ['DELETE', '/services/none'],
      ['GET', '/services/none/tags'],
      ['PUT', '/services/none/tags', []],
      ['DELETE', '/services/none/tags', []],
      ['GET', '/services/none/routes'],
      ['POST', '/services/none/routes', route('GET', '/a')],
      ['GET', '/services/wire/routes/route?method=GET&path=/none'],
      ['PUT', '/services/wire/routes', route('GET', '/none')],
      ['DELETE', '/services/wire/routes?method=POST&path=/a'],
      ['GET', '/services/wire/routes/tags?method=GET&path=/none'],
      ['PUT', '/services/wire/routes/tags?method=GET&path=/none', []],
      ['GET', '/../../schema/none'],
      ['DELETE', '/../../schema/none/1'],
    ] as const) {
      const answer = await replica.send(method, path, body);
      expect({ method, path, status: answer.status }).toEqual({ method, path, status: 404 });
      expect(answer.body).toMatchObject({ status: 404, code: 'not-found', message: expect.any(String) });
    }
  });

  it('errors have status, code and message, as problem+json', async () => {
    for (const [answer, status] of [
      [await replica.send('POST', '/services', {}), 400],
      [await read(await fetch(`${replica.url}/api/gateway/config/services`)), 401],
      [await replica.send('GET', '/services/none'), 404],
      [await replica.send('POST', '/services', { id: 'wire', path: '/other' }), 409],
    ] as const) {
      expect(answer).toMatchObject({ status, body: { status, code: expect.any(String), message: expect.any(String) } });
      expect(answer.type).toMatch(/^application\/problem\+json/);
    }
  });
});

describe('auth configs', () => {
  it.each(['NONE', 'API_KEY', 'OIDC'])('%s under either spelling is answered under both', async (type) => {
    for (const spelling of ['authType', 'authenticationType']) {
      const { body, status } = await replica.send('POST', '/auth', { [spelling]: type });
      expect({ status, ...body }).toMatchObject({ status: 200, authType: type, authenticationType: type });
      const shown = await replica.send('GET', `/auth/${body.id}`);
      expect(shown.body).toMatchObject({ authType: type, authenticationType: type });
    }
  });

  it('keep their id', async () => {
    await replica.send('POST', '/auth', { id: 'fixed', authType: 'NONE' });
    const renamed = await replica.send('PUT', '/auth/fixed', { id: 'other', authType: 'NONE' });
    expect(renamed).toMatchObject({ status: 400, body: { errors: [{ pointer: '/id' }] } });
  });

  it('have their three switches off unless they are on', async () => {
    const off = { passthrough: false, fallbackToDefaultAuth: false, tokenInWorkflowInput: false };
    const on = { passthrough: true, fallbackToDefaultAuth: true, tokenInWorkflowInput: true };
    const made = await replica.send('POST', '/auth', {
      id: 'switches',
      authType: 'OIDC',
      issuerUri: 'https://i',
      audience: 'a',
    });
    expect(made.body).toMatchObject({ ...off, issuerUri: 'https://i', audience: 'a' });
    expect((await replica.send('PUT', '/auth/switches', { authType: 'OIDC', ...on })).body).toMatchObject(on);
    expect((await replica.send('GET', '/auth/switches')).body).toMatchObject(on);
  });

  it('take several keys at once, and show as many masked ones', async () => {
    const made = await replica.send('POST', '/auth', { id: 'several', authType: 'API_KEY', apiKeys: ['one', 'two'] });
    expect(made.body.apiKeys).toEqual(['one', 'two']);
    await replica.send('PUT', '/auth/several', { authType: 'API_KEY', apiKeys: ['one', 'two', 'three'] });
    const { body } = await replica.send('GET', '/auth/several');
    expect(body.apiKeys).toHaveLength(3);
    for (const key of body.apiKeys) expect(key).toMatch(/^\*{8}/);
  });
});

describe('services', () => {
  it('keep id and path, take ids with underscores and hyphens, and no others', async () => {
    expect(await replica.send('POST', '/services', { id: '1_a-b', path: '/under' })).toMatchObject({ status: 200 });
    for (const id of ['-a', '_a', 'A', 'a.b', 'a b', '']) {
      expect(await replica.send('POST', '/services', { id, path: '/x' })).toMatchObject({
        status: 400,
        body: { errors: [{ pointer: '/id' }] },
      });
    }
    expect(await replica.send('PUT', '/services/1_a-b', { path: '/elsewhere' })).toMatchObject({ status: 400 });
    expect(await replica.send('PUT', '/services/1_a-b', { path: '/under' }), 'sent back').toMatchObject({
      status: 200,
    });
  });

  it('`enabled: false` and `mcpEnabled: false` stick, and every field comes back', async () => {
    const cors = {
      accessControlAllowOrigin: ['https://a.example', '*'],
      accessControlAllowMethods: ['*'],
      accessControlAllowHeaders: ['X-A'],
    };
    const body = { id: 'full', name: 'N', description: 'D', path: '/full', authConfigId: 'nowhere', corsConfig: cors };
    await replica.send('POST', '/services', { ...body, enabled: false, mcpEnabled: false });
    const shown = (await replica.send('GET', '/services/full')).body;
    expect(shown).toMatchObject({ ...body, enabled: false, mcpEnabled: false, tags: [], routes: [] });
    expect(shown.basePath).toBe('https://api.example.com/full');
    const kept = await replica.send('PUT', '/services/full', { name: 'M' });
    expect(kept.body).toMatchObject({ enabled: false, mcpEnabled: false });
    const list = (await replica.send('GET', '/services')).body as { id: string }[];
    expect(list.find(({ id }) => id === 'full')).toEqual(kept.body);
  });

  it('take tags as pairs and as text, remove those that match in key and value, and replace them', async () => {
    await replica.send('POST', '/services', { id: 'pairs', path: '/pairs', tags: ['a:1', { key: 'b', value: '2' }] });
    const at = '/services/pairs/tags';
    const rest = await replica.send('DELETE', at, [
      { key: 'a', value: 'other' },
      { key: 'b', value: '2', type: 'METADATA' },
    ]);
    expect(rest).toMatchObject({ status: 200, body: [{ key: 'a', value: '1' }] });
    const put = await replica.send('PUT', at, [{ key: 'c', value: '3', type: 'T' }]);
    expect(put.body).toEqual([{ key: 'c', value: '3', type: 'T' }]);
    expect((await replica.send('GET', at)).body).toEqual(put.body);
  });
});

describe('routes', () => {
  it('have every field of the contract, and give each back', async () => {
    await replica.send('POST', '/services', { id: 'fields', path: '/fields' });
    const full = {
      httpMethod: 'PATCH',
      path: '/{id}/x',
      description: 'D',
      mappedWorkflow: { name: 'w', version: 3, requestMetadataAsInput: true },
      workflowExecutionMode: 'ASYNCHRONOUS',
      workflowMetadataInOutput: true,
      waitUntilTasks: 'a,b',
      timeoutInSeconds: 7,
      inputSchema: '{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object"}',
      outputSchema: { type: 'object' },
      inputSchemaRef: { name: 'in', version: 1 },
      outputSchemaRef: { name: 'out' },
      queryParameters: [{ name: 'q-1_a', required: true }],
      preRequestScript: '(function () { return $; })();',
      postResponseScript: '$',
      cacheConfig: { key: '${workflow.input.id}', ttlInSecond: 2_592_000 },
      rateLimitConfig: { rateLimitKey: '$.id', concurrentExecLimit: 5 },
      rateLimit: { key: '${request.principal} ${workflow.input.id}', limit: 10, window: 60 },
      tags: [{ key: 'k', value: 'v' }],
    };
    const made = await replica.send('POST', '/services/fields/routes', full);
    expect(made).toMatchObject({ status: 200, body: { ...full, serviceId: 'fields', createdBy: 'admin' } });
    const shown = await replica.send('GET', '/services/fields/routes/route?method=PATCH&path=/{id}/x&start=1&end=2');
    expect(shown.body).toEqual({ route: made.body });
    const sentBack = await replica.send('PUT', '/services/fields/routes?path=/{id}/x', made.body);
    expect(sentBack).toMatchObject({ status: 200, body: made.body });
  });

  it('have defaults: SYNCHRONOUS, no metadata, the latest version', async () => {
    const made = await replica.send('POST', '/services/fields/routes', route('GET', '/d', { timeoutInSeconds: 0 }));
    expect(made.body).toMatchObject({ workflowExecutionMode: 'SYNCHRONOUS', workflowMetadataInOutput: false });
    expect(made.body.mappedWorkflow).toEqual({ name: 'work' });
  });

  it('of one path exist for several methods, and a PUT with its path in the query finds the one in its body', async () => {
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH']) {
      expect(await replica.send('POST', '/services/fields/routes', route(method, '/same'))).toMatchObject({
        status: 200,
      });
    }
    const { path: _, ...body } = route('PUT', '/same', { description: 'found' });
    const put = await replica.send('PUT', '/services/fields/routes?path=/same', body);
    expect(put.body).toMatchObject({ httpMethod: 'PUT', path: '/same', description: 'found' });
    const get = await replica.send('GET', '/services/fields/routes/route?method=GET&path=/same');
    expect(get.body.route).not.toHaveProperty('description');
    expect(await replica.send('DELETE', '/services/fields/routes?method=PUT&path=/same')).toMatchObject({
      status: 200,
    });
    expect((await replica.send('GET', '/services/fields')).body.routes).toHaveLength(6);
  });
});
