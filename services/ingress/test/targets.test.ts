import { Registry } from 'prom-client';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createLogger } from '@rostrum/service/logger';
import { SchemaCache } from '@rostrum/shared/json-schema';
import { cacheAnswer, encodeJson, type Outcome } from '@rostrum/shared/messages';
import { edgeRevision, type EdgeRoute, routeId } from '@rostrum/shared/revision';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { settingsSchema } from '../src/config.ts';
import { createHttpMetrics } from '../src/http/metrics.ts';
import { createHttpServer } from '../src/http/server.ts';
import type { Request } from '../src/pipeline/context.ts';
import type { Deps } from '../src/pipeline/deps.ts';
import type { Execution } from '../src/pipeline/execute.ts';
import { handleRequest } from '../src/pipeline/handle-request.ts';
import { compileService } from '../src/routing/service-routes.ts';
import { RoutingTable } from '../src/routing/table.ts';

/** What is sent over a socket, byte for byte, and what it leads to: a real HTTP server and table, nobody on the bus. */

const route = (method: EdgeRoute['method'], path: string, more: Partial<EdgeRoute> = {}): EdgeRoute => ({
  ...{ id: routeId(method, path), method, path, queryParameters: [], requestMetadata: true },
  ...{ pool: 'default', timeoutMs: 5_000, ...more },
});

function put(service: string, basePath: string, routes: EdgeRoute[], more: object = {}): void {
  const edge = { format: 1, service, revision: 1, basePath, enabled: true, auth: { type: 'NONE' }, routes, ...more };
  table.update([[service, compileService(edgeRevision.parse(edge))]]);
}

const table = new RoutingTable();
const cors = { origins: ['https://a.example'], methods: ['*'], headers: ['*'] };
put('shop', '/shop', [route('GET', '/{id}'), route('POST', '/{id}'), route('POST', '/only/post')], { cors });
put('slow', '/slow', [route('GET', '/', { asynchronous: true })]);
put('kept', '/kept', [route('GET', '/', { cache: { key: 'all', shape: 'x', byPrincipal: false } })]);
put('off', '/off', [route('GET', '/x')], { enabled: false, hosts: ['off.example'] });
put('one', '/shop', [route('GET', '/{name}')], { hosts: ['one.example'] });

const executions: Execution[] = [];
const seen: Request[] = [];
let asks = 0;
const looked: Outcome = { kind: 'ok', body: encodeJson('looked'), workflowId: 'w' };
const deps: Deps = {
  table,
  authenticate: async () => ({ principal: 'nobody' }),
  bodyLimits: { expandedBytes: 100_000, members: 1_000 },
  schemas: new SchemaCache(),
  cache: {
    async ask() {
      asks += 1;
      return cacheAnswer.complete({
        ...{ verdict: 'hit', locked: false, lockMs: 0, ttlSeconds: 7 },
        body: encodeJson('kept'),
      });
    },
    release() {},
    waitFor: async () => undefined,
  },
  refreshes: { start() {}, leave: async () => {} },
  executor: {
    async execute(execution) {
      executions.push(execution);
      const outcome: Outcome = execution.match.compiled.route.asynchronous
        ? { kind: 'accepted', workflowId: 'w', tracked: true }
        : {
            kind: 'ok',
            workflowId: 'w',
            body: encodeJson({ ...execution.input, service: execution.match.service.edge.service }),
          };
      return { outcome, notTaken: false };
    },
    look: async () => looked,
  },
  catchUp: async () => {},
  onProblem() {},
};

const server = await createHttpServer({
  metrics: createHttpMetrics(new Registry()),
  settings: settingsSchema.parse({
    INGRESS_PORT: '0',
    DRAIN_NOTICE_MS: '1',
    DIGEST_KEY: `k:${Buffer.alloc(32).toString('base64')}`,
  }),
  log: createLogger('test', 'silent'),
  newRequestId: () => 'r',
  handle: (request) => (seen.push(request), handleRequest(request, deps)),
  onAnswered() {},
});
let port = 0;
beforeAll(async () => {
  ({ port } = await server.listen());
});
afterAll(() => server.drain());
beforeEach(() => {
  executions.length = 0;
  asks = 0;
});

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** Sends lines as they are, and reads to the end of the connection. */
async function send(line: string, ...headers: string[]): Promise<Answer> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.write(Buffer.from([line, ...headers, 'Connection: close', '', ''].join('\r\n'), 'latin1'));
  await once(socket, 'close');
  const [head = '', body = ''] = Buffer.concat(chunks).toString().split('\r\n\r\n');
  const [status = '', ...fields] = head.split('\r\n');
  const pairs = fields.map((field) => field.split(/: (.*)/s).slice(0, 2) as [string, string]);
  return {
    status: Number(status.split(' ')[1]),
    headers: Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), value])),
    body,
  };
}
const get = (target: string, ...headers: string[]) => send(`GET ${target} HTTP/1.1`, 'Host: x', ...headers);
const codeOf = ({ status, body }: Answer) => `${status} ${/#([\w-]+)"/.exec(body)?.[1] ?? ''}`;

describe('HEAD', () => {
  it.each(['/shop/7', '/kept', '/slow', '/shop/executions/w', '/nowhere'])(
    'of %s is as GET without the body',
    async (target) => {
      const [got, head] = [await get(target), await send(`HEAD ${target} HTTP/1.1`, 'Host: x')];
      const { date: _, ...headers } = got.headers;
      expect(head).toMatchObject({ status: got.status, headers, body: '' });
      expect(Number(head.headers['content-length'])).toBe(Buffer.byteLength(got.body));
    },
  );

  it('runs what GET runs: a workflow, also an asynchronous one, or nothing where the answer is kept', async () => {
    for (const target of ['/shop/7', '/slow', '/kept']) await send(`HEAD ${target} HTTP/1.1`, 'Host: x');
    expect(executions.map(({ match }) => match.compiled.route.id)).toEqual(['GET /{id}', 'GET /']);
    expect(executions[0]?.input).toMatchObject({ requestMetadata: { method: 'get' } });
    expect(seen.at(-3)?.matched, 'for metrics').toMatchObject({ service: 'shop', route: 'GET /{id}' });
    expect(asks).toBe(1);
  });

  it('is not taken where GET is not', async () => {
    const { status, headers, body } = await send('HEAD /shop/only/post HTTP/1.1', 'Host: x');
    expect([status, headers['allow'], body]).toEqual([405, 'POST, OPTIONS', '']);
  });
});

describe('OPTIONS', () => {
  it('says what a path takes, and the gateway as a whole', async () => {
    const path = await send('OPTIONS /shop/7 HTTP/1.1', 'Host: x');
    expect([path.status, path.headers['allow'], path.headers['vary']]).toEqual([
      204,
      'GET, HEAD, POST, OPTIONS',
      'Origin',
    ]);
    const all = await send('OPTIONS * HTTP/1.1', 'Host: x');
    expect([all.status, all.headers['allow']]).toEqual([204, 'DELETE, GET, HEAD, PATCH, POST, PUT, OPTIONS']);
    expect(codeOf(await get('*'))).toBe('400 malformed-request');
    expect(codeOf(await send('OPTIONS /nowhere HTTP/1.1', 'Host: x'))).toBe('404 route-not-found');
  });

  it('as a preflight is answered here, and problems can be read by those who may', async () => {
    const origin = 'Origin: https://a.example';
    const preflight = await send('OPTIONS /shop/7 HTTP/1.1', 'Host: x', origin, 'Access-Control-Request-Method: POST');
    expect(preflight).toMatchObject({
      status: 204,
      headers: {
        'access-control-allow-origin': 'https://a.example',
        'access-control-allow-methods': 'GET, HEAD, POST',
      },
    });
    expect([executions.length, asks]).toEqual([0, 0]);
    const refused = await send('PUT /shop/7 HTTP/1.1', 'Host: x', origin);
    expect(codeOf(refused)).toBe('405 method-not-allowed');
    expect(refused.headers).toMatchObject({ 'access-control-allow-origin': 'https://a.example', vary: 'Origin' });
  });
});

describe('a request target', () => {
  it.each([
    '/shop/%zz',
    '/shop/%2e%2e/off',
    '/shop/..%2fx',
    '/shop/%00',
    '/shop/a%0d%0ab',
    '/shop/\\x',
    '/shop/x#y',
    '/shop/\xfc',
  ])('%j is malformed', async (target) => {
    expect(codeOf(await get(target))).toBe('400 malformed-request');
    expect(executions).toHaveLength(0);
  });

  it('is decoded once, and an encoded slash stays inside its parameter', async () => {
    expect(JSON.parse((await get('/shop/a%2Fb%2520')).body)).toMatchObject({ id: 'a/b%20', service: 'shop' });
    for (const target of ['//shop/7', '/shop//7', '/shop/7//', '/SHOP/7', '/shop%2F7'])
      expect(codeOf(await get(target)), target).toBe('404 route-not-found');
    expect((await get('/shop/7/')).status).toBe(200);
  });

  it('in absolute form names the host, whatever the Host header says', async () => {
    const answer = await send('GET http://ONE.example:80/shop/7 HTTP/1.1', 'Host: x');
    expect(JSON.parse(answer.body)).toMatchObject({ name: '7', service: 'one' });
    for (const target of ['ftp://one.example/shop/7', 'one.example:80', 'http://u@one.example/shop/7'])
      expect(codeOf(await get(target)), target).toBe('400 malformed-request');
  });

  it('in authority form belongs to CONNECT, which is not taken', async () => {
    expect(codeOf(await send('CONNECT one.example:80 HTTP/1.1', 'Host: one.example:80'))).toBe(
      '405 method-not-allowed',
    );
  });
});

describe('a Host', () => {
  it('decides between services that share a base path', async () => {
    const of = async (host: string) => JSON.parse((await send('GET /shop/7 HTTP/1.1', `Host: ${host}`)).body).service;
    expect([await of('One.Example.:8080'), await of('two.example')]).toEqual(['one', 'shop']);
    expect((await send('GET /shop/7 HTTP/1.0')).status, 'HTTP/1.0 needs none').toBe(200);
    expect((await send('GET /one/executions/w HTTP/1.1', 'Host: one.example')).status).toBe(200);
    expect((await send('GET /one/executions/w HTTP/1.1', 'Host: two.example')).status).toBe(404);
  });

  it('is there once, and is a host', async () => {
    for (const headers of [[], ['Host: a', 'Host: b'], ['Host: a', 'host: a'], ['Host: a/b'], ['Host: u@a']])
      expect(codeOf(await send('GET /shop/7 HTTP/1.1', ...headers)), String(headers)).toBe('400 malformed-request');
  });
});

it('a disabled service is answered for like one that does not exist', async () => {
  for (const line of ['GET /off/x', 'PUT /off/x', 'OPTIONS /off/x', 'GET /off/executions/w']) {
    const there = await send(`${line} HTTP/1.1`, 'Host: off.example');
    const not = await send(`${line.replace('off', 'not')} HTTP/1.1`, 'Host: off.example');
    expect({
      ...there,
      body: there.body.replaceAll('/off/', '/not/'),
      headers: { ...there.headers, date: '' },
    }).toEqual({
      ...{ ...not, headers: { ...not.headers, date: '' } },
    });
  }
});
