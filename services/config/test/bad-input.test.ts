import { namespace, useNats } from '@rostrum/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Replica, read, route, startReplica } from './replica.ts';

const nats = useNats();
let replica: Replica;
beforeAll(async () => {
  replica = await startReplica(nats.url, namespace());
  await replica.send('POST', '/services', { id: 'taken', path: '/taken', routes: [route('GET', '/a/{x}')] });
});
afterAll(() => replica.drain());

const service = (more: object) => ['POST', '/services', { id: 'new', path: '/new', ...more }] as const;
const withRoute = (more: object) => service({ routes: [{ ...route('GET', '/r'), ...more }] });
const auth = (more: object) => ['POST', '/auth', { id: 'new', authenticationType: 'API_KEY', ...more }] as const;
const cache = (key: unknown, ttlInSecond: unknown = 300) => withRoute({ cacheConfig: { key, ttlInSecond } });
const limit = (concurrentExecLimit: unknown) =>
  withRoute({ rateLimitConfig: { rateLimitKey: 'k', concurrentExecLimit } });
const permitWait = (waitInSeconds: number) =>
  withRoute({ rateLimitConfig: { rateLimitKey: 'k', concurrentExecLimit: 1, waitInSeconds } });

/** What is sent, where the fault is, and what the sentence has to say. */
const refused: [string, readonly [string, string, unknown], string, RegExp][] = [
  ['a body that is no object', ['POST', '/services', []], '', /^the body has to be an object$/],
  ['an absent body', ['POST', '/services', undefined], '', /^the body is required$/],
  ['an unknown member', service({ enabeld: true }), '/enabeld', /no member "enabeld" here/],
  ['an unknown member of a route', withRoute({ 'a/b~': 1 }), '/routes/0/a~1b~0', /no member/],
  ['an id in capitals', service({ id: 'New' }), '/id', /lowercase/],
  ['an id that is a path of the API', service({ id: 'metrics' }), '/id', /another id/],
  ['a relative base path', service({ path: 'new' }), '/path', /start with \//],
  ['a base path with a parameter', service({ path: '/{a}' }), '/path', /belongs into a route/],
  ['a base path with an empty segment', service({ path: '/a//b' }), '/path', /empty segment/],
  ['a reserved base path', service({ path: '/taken/mcp' }), '/path', /gateway itself answers/],
  ['its own reserved base path', service({ path: '/new/executions' }), '/path', /gateway itself answers/],
  ['a base path that is no text', service({ path: 7 }), '/path', /^has to be a string$/],
  [
    'a route over another’s OpenAPI',
    service({ path: '/', routes: [route('GET', '/taken/{x}')] }),
    '/routes/0/path',
    /\/taken\/openapi/,
  ],
  [
    'a route over everybody’s MCP',
    service({ path: '/', routes: [route('GET', '/{x}/mcp')] }),
    '/routes/0/path',
    /\/\{x\}\/mcp/,
  ],
  ['a route over its own OpenAPI', withRoute({ path: '/openapi' }), '/routes/0/path', /\/new\/openapi/],
  ['a route over its own executions', withRoute({ path: '/executions/{id}' }), '/routes/0/path', /executions/],
  ['a :parameter', withRoute({ path: '/a/:id' }), '/routes/0/path', /write \{id\}/],
  ['half a segment as parameter', withRoute({ path: '/a{id}' }), '/routes/0/path', /whole segment/],
  ['a parameter twice', withRoute({ path: '/{a}/{a}' }), '/routes/0/path', /twice/],
  ['a percent escape', withRoute({ path: '/a%20b' }), '/routes/0/path', /character itself/],
  ['a dot segment', withRoute({ path: '/a/../b' }), '/routes/0/path', /never arrive/],
  ['a wildcard', withRoute({ path: '/a/*' }), '/routes/0/path', /may not have/],
  ['a method in small letters', withRoute({ httpMethod: 'get' }), '/routes/0/httpMethod', /GET, POST/],
  [
    'a route without a workflow',
    service({ routes: [{ httpMethod: 'GET', path: '/a' }] }),
    '/routes/0/mappedWorkflow',
    /^is required$/,
  ],
  [
    'a negative version',
    withRoute({ mappedWorkflow: { name: 'w', version: -1 } }),
    '/routes/0/mappedWorkflow/version',
    /^has to be 0 or more$/,
  ],
  ['an unknown mode', withRoute({ workflowExecutionMode: 'LATER' }), '/routes/0/workflowExecutionMode', /one of SYNC/],
  ['a key that nothing goes by', cache(undefined), '/routes/0/cacheConfig/key', /^is required$/],
  ['a list of tasks without one', withRoute({ waitUntilTasks: ' ,, ' }), '/routes/0/waitUntilTasks', /names no task/],
  ['a base path without end', service({ path: `/${'a'.repeat(1_000)}` }), '/path', /longer than 1000/],
  ['a path without end', withRoute({ path: `/${'a'.repeat(1_000)}` }), '/routes/0/path', /longer than 1000/],
  ['a key template that does not parse', cache('${a'), '/routes/0/cacheConfig/key', /character 1/],
  ['an empty key template', cache(''), '/routes/0/cacheConfig/key', /empty/],
  ['a key of the output', cache('${workflow.output.x}'), '/routes/0/cacheConfig/key', /before the workflow starts/],
  ['a short TTL', cache('k', 299), '/routes/0/cacheConfig/ttlInSecond', /between 300 and 2592000/],
  ['a long TTL', cache('k', 2_592_001), '/routes/0/cacheConfig/ttlInSecond', /between 300/],
  ['a limit of none', limit(0), '/routes/0/rateLimitConfig/concurrentExecLimit', /1 or more/],
  ['a wait for a permit that nobody waits', permitWait(301), '/routes/0/rateLimitConfig/waitInSeconds', /0 .* 300/],
  [
    'a window longer than a day',
    service({ rateLimit: { limit: 1, window: 86_401 } }),
    '/rateLimit/window',
    /1 and 86400 seconds/,
  ],
  [
    'a rate of nothing',
    withRoute({ rateLimit: { limit: 0, window: 1 } }),
    '/routes/0/rateLimit/limit',
    /leave rateLimit out/,
  ],
  [
    'a rate by what nobody knows of a request',
    withRoute({ rateLimit: { key: '${request.ip}', limit: 1, window: 1 } }),
    '/routes/0/rateLimit/key',
    /request\.address/,
  ],
  ['a cache by caller as rates have it', cache('${request.principal}'), '/routes/0/cacheConfig/key', /rateLimit alone/],
  ['a wait that is negative', permitWait(-1), '/routes/0/rateLimitConfig/waitInSeconds', /between 0/],
  [
    'a key required of a GET',
    withRoute({ idempotencyKeyRequired: true }),
    '/routes/0/idempotencyKeyRequired',
    /not read on GET/,
  ],
  [
    'executions for somebody else',
    withRoute({ executionsVisibleTo: 'ALL' }),
    '/routes/0/executionsVisibleTo',
    /PRINCIPAL, SERVICE/,
  ],
  ['a cancel that is no boolean', withRoute({ cancelAllowed: 'yes' }), '/routes/0/cancelAllowed', /boolean/],
  ['a schema that is not JSON', withRoute({ inputSchema: '{' }), '/routes/0/inputSchema', /not JSON/],
  ['a schema that is a number', withRoute({ inputSchema: '7' }), '/routes/0/inputSchema', /object or a boolean/],
  [
    'a schema that does not compile',
    withRoute({ outputSchema: { type: 'strnig' } }),
    '/routes/0/outputSchema',
    /does not compile/,
  ],
  [
    'a schema from elsewhere',
    withRoute({ inputSchema: { $ref: 'http://127.0.0.1:1/s.json' } }),
    '/routes/0/inputSchema',
    /can't resolve/,
  ],
  [
    'a schema that nests too deep',
    withRoute({ inputSchema: `${'{"not":'.repeat(101)}true${'}'.repeat(101)}` }),
    '/routes/0/inputSchema',
    /deeper than 100/,
  ],
  [
    'a schema of a megabyte',
    withRoute({ inputSchema: { description: 'x'.repeat(1e6) } }),
    '/routes/0/inputSchema',
    /longer than/,
  ],
  [
    'a draft nobody knows',
    withRoute({ inputSchema: { $schema: 'http://json-schema.org/draft-04/schema#' } }),
    '/routes/0/inputSchema',
    /not supported/,
  ],
  [
    'a schema of nobody',
    withRoute({ outputSchemaRef: { name: 's' } }),
    '/routes/0/outputSchemaRef',
    /POST \/api\/schema/,
  ],
  [
    'a schema that is empty beside one of nobody',
    withRoute({ inputSchemaRef: { name: 's', version: 2 }, inputSchema: '' }),
    '/routes/0/inputSchemaRef',
    /in version 2/,
  ],
  [
    'a script that does not compile',
    withRoute({ preRequestScript: '(function () {\n  return $.a +;\n})();' }),
    '/routes/0/preRequestScript',
    /\(line 2, column 15\): Unexpected token ';'/,
  ],
  [
    'a script that ends too early',
    withRoute({ postResponseScript: 'if ($.a) {\n  $.b' }),
    '/routes/0/postResponseScript',
    /\(line 2, column 6\): Unexpected end of input/,
  ],
  [
    'a query parameter twice',
    withRoute({ queryParameters: [{ name: 'a' }, { name: 'a' }] }),
    '/routes/0/queryParameters/1/name',
    /twice/,
  ],
  [
    'a query parameter with a dot',
    withRoute({ queryParameters: [{ name: 'a.b' }] }),
    '/routes/0/queryParameters/0/name',
    /letters, digits/,
  ],
  ['a tag without a colon', service({ tags: ['a'] }), '/tags/0', /key:value/],
  [
    'a negative timeout',
    withRoute({ timeoutInSeconds: -1 }),
    '/routes/0/timeoutInSeconds',
    /between 0 \(the default\) and 300 seconds/,
  ],
  [
    'a timeout above the maximum',
    withRoute({ timeoutInSeconds: 301 }),
    '/routes/0/timeoutInSeconds',
    /300 seconds, the most that MAX_TIMEOUT_MS allows/,
  ],
  ['a pool with a wildcard', service({ pool: '>' }), '/pool', /lowercase/],
  ['an unknown authentication', auth({ authenticationType: 'BASIC' }), '/authenticationType', /NONE, API_KEY, OIDC/],
  [
    'an auth config that does not say who is asked for what',
    ['POST', '/auth', { id: 'new' }],
    '/authenticationType',
    /required/,
  ],
  ['two spellings that differ', auth({ authType: 'OIDC' }), '/authType', /differs/],
  ['a key with a space', auth({ apiKeys: ['a b'] }), '/apiKeys/0', /without spaces/],
  ['an empty key', auth({ apiKeys: [''] }), '/apiKeys/0', /at least one/],
  ['a masked key of nobody', auth({ apiKeys: ['********12345678'] }), '/apiKeys/0', /plain key/],
];

describe('the configuration does not take', () => {
  it.each(refused)('%s', async (_what, [method, path, body], pointer, detail) => {
    const answer = await replica.send(method, path, body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'configuration-invalid', status: 400 } });
    expect(answer.body.errors).toEqual([{ pointer, detail: expect.stringMatching(detail) }]);
    expect(answer.body.message).toContain(answer.body.errors[0].detail);
    expect(answer.type).toMatch(/^application\/problem\+json/);
    expect(await replica.send('GET', '/services/new'), 'nothing was stored').toMatchObject({ status: 404 });
    expect(await replica.send('GET', '/auth/new'), 'nothing was stored').toMatchObject({ status: 404 });
  });

  it.each([
    ['a base path of another service', service({ path: '/taken/' }), '/path', /belongs to the service taken/],
    [
      'a route twice',
      service({ routes: [route('GET', '/a'), route('GET', '/a')] }),
      '/routes/1/path',
      /already has GET \/a/,
    ],
    [
      'routes that no request tells apart',
      service({ routes: [route('GET', '/a/{x}'), route('GET', '/a/{y}/')] }),
      '/routes/1/path',
      /could tell GET \/a\/\{y\}\/ from GET \/a\/\{x\}/,
    ],
    [
      'a route like one that is there',
      ['POST', '/services/taken/routes', route('GET', '/a/{y}')],
      '/path',
      /could tell/,
    ],
    ['an id that is there', ['POST', '/services', { id: 'taken', path: '/free' }], '/id', /exists already/],
  ] as const)('%s: that is a conflict', async (_what, [method, path, body], pointer, detail) => {
    const answer = await replica.send(method, path, body);
    expect(answer).toMatchObject({ status: 409, body: { code: 'already-exists' } });
    expect(answer.body.errors).toEqual([{ pointer, detail: expect.stringMatching(detail) }]);
  });

  it('and says everything that is wrong at once', async () => {
    const answer = await replica.send('POST', '/services', {
      id: 'NEW',
      path: '/taken',
      colour: 'red',
      routes: [{ ...route('GET', '/:a'), speed: 1 }, route('GET', '/b/{x}'), route('GET', '/b/{y}')],
    });
    expect(answer.status).toBe(400);
    expect(answer.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual(
      ['/colour', '/id', '/path', '/routes/0/path', '/routes/0/speed', '/routes/2/path'].sort(),
    );
  });

  it('an id that would make another’s route unreachable', async () => {
    await replica.send('POST', '/services', { id: 'wide', path: '/narrow', routes: [route('GET', '/{x}')] });
    const answer = await replica.send('POST', '/services', { id: 'narrow', path: '/n' });
    expect(answer.body.errors).toEqual([
      { pointer: '/id', detail: expect.stringMatching(/GET \/\{x\} of the service wide/) },
    ]);
  });
});

describe('bodies that are not JSON', () => {
  const post = async (body: string) =>
    read(
      await fetch(`${replica.url}/api/gateway/config/services`, {
        method: 'POST',
        headers: { 'x-authorization': await replica.token(), 'content-type': 'application/json' },
        body,
      }),
    );

  it.each([
    ['broken', '{"id":'],
    ['too deep', `${'['.repeat(101)}${']'.repeat(101)}`],
    ['with a prototype', '{"__proto__": {}}'],
    ['with half a character as text', String.raw`{"id": "half", "path": "/half", "name": "\ud83d"}`],
    ['with half a character as name', String.raw`{"\ude00": 1}`],
  ])('%s: 400 malformed-body', async (_what, body) => {
    expect(await post(body)).toMatchObject({ status: 400, body: { code: 'malformed-body' } });
  });

  it('too large for the API: 413', async () => {
    const answer = await post(`"${'x'.repeat(4 * 1_048_576)}"`);
    expect(answer).toMatchObject({ status: 413, body: { code: 'payload-too-large' } });
  });

  it('too large for the bus: 413, and says what and how much', async () => {
    const routes = [route('GET', '/a', { preRequestScript: 'x'.repeat(1_100_000) })];
    const answer = await replica.send('POST', '/services', { id: 'large', path: '/large', routes });
    expect(answer).toMatchObject({ status: 413 });
    expect(answer.body.detail).toMatch(/the route GET \/a takes 1100\d+ bytes, and may take 1032192/);
    expect(await replica.send('GET', '/services/large')).toMatchObject({ status: 404 });
  });

  it.each([
    ['a broken escape', '/services/%zz'],
    ['an endless id', `/services/${'x'.repeat(3_000)}`],
  ])('%s in the URL: 400 as a problem', async (_what, path) => {
    const answer = await replica.send('GET', path);
    expect(answer).toMatchObject({ status: 400, body: { status: 400, code: 'malformed-request' } });
    expect(answer.body.message).toEqual(answer.body.detail);
    expect(answer.type).toMatch(/^application\/problem\+json/);
  });

  it('an unknown path: 404 as a problem', async () => {
    expect(await replica.send('GET', '/nowhere')).toMatchObject({ status: 404, body: { code: 'not-found' } });
  });
});

describe('accepted, because clients in the wild send it', () => {
  it.each([
    [
      'members that the server sets',
      service({ basePath: 'x', createTime: 1, updateTime: 2, createdBy: 'a', updatedBy: 'b' }),
    ],
    [
      'null for what is not set',
      service({ description: null, authConfigId: null, corsConfig: null, tags: null, routes: null }),
    ],
    ['an auth config that does not exist', service({ authConfigId: 'nowhere' })],
    ['underscores in an id', ['POST', '/services', { id: 'new_one', path: '/new_one' }]],
    ['nested base paths', service({ path: '/taken/deeper' })],
    ['a base path that ends in a slash', service({ path: '/new/' })],
    ['the root as base path', service({ path: '/' })],
    ['a parameter right under its own id', withRoute({ path: '/{id}' })],
    [
      'empty texts for no schema and no script',
      withRoute({ inputSchema: '', preRequestScript: '', waitUntilTasks: '' }),
    ],
    [
      'a 2020-12 schema',
      withRoute({ inputSchema: { $schema: 'https://json-schema.org/draft/2020-12/schema', prefixItems: [true] } }),
    ],
    [
      'a draft-07 schema as text',
      withRoute({ inputSchema: '{"$schema": "http://json-schema.org/draft-07/schema#", "format": "email"}' }),
    ],
    ['a path with a custom verb', withRoute({ path: '/things:batch' })],
    ['a reference to a schema of nobody beside a copy', withRoute({ inputSchemaRef: { name: 's' }, inputSchema: {} })],
    ['warnings of an answer', withRoute({ warnings: [{ pointer: '/x', detail: 'y' }] })],
  ] as const)('%s', async (_what, [method, path, body]) => {
    const answer = await replica.send(method, path, body);
    expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 200 });
    expect(await replica.send('DELETE', `/services/${answer.body.id}`)).toMatchObject({ status: 200 });
  });
});
