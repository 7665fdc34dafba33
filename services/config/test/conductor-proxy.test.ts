import {
  createServer,
  request as plainRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { namespace, useNats } from '@rostrum/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeAccount } from './api.ts';
import { type Replica, read, startReplica } from './replica.ts';

/** A Conductor that wants tokens, and tells what it was sent. */
interface Seen {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}
let seen: Seen[] = [];
let tokens = 0;
/** Tokens up to this one are refused. */
let refusedTo = 0;

const nats = useNats();
let upstream: Server;
let upstreamUrl: string;
let replica: Replica;

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', url = '', headers } = request;
  if (url === '/api/broken') {
    request.socket.destroy();
    return;
  }
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const json = (status: number, value: unknown, more: Record<string, string> = {}) =>
    response.writeHead(status, { 'content-type': 'application/json', ...more }).end(JSON.stringify(value));
  if (url === '/api/token') return void json(200, { token: `own-${++tokens}` });
  const own = Number(/^own-(\d+)$/.exec(String(headers['x-authorization']))?.[1]);
  if (!(own > refusedTo)) return void json(401, { error: 'INVALID_TOKEN' });
  seen.push({ method, url, headers, body });
  if (url === '/api/missing') return void json(404, { message: 'no such thing' });
  json(200, { method, url }, { 'set-cookie': 'session=1', 'x-of-conductor': 'yes' });
}

beforeAll(async () => {
  upstream = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  upstreamUrl = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/api`;
  replica = await startReplica(nats.url, namespace(), {
    CONDUCTOR_PROXY: 'true',
    CONDUCTOR_SERVER_URL: upstreamUrl,
    CONDUCTOR_AUTH_KEY: 'key',
    CONDUCTOR_AUTH_SECRET: 'secret',
    BODY_LIMIT_BYTES: '100000',
  });
});
afterAll(async () => {
  await replica.drain();
  upstream.closeAllConnections();
  upstream.close();
});
beforeEach(() => {
  seen = [];
});

interface Init {
  headers?: Record<string, string>;
  body?: string | ReadableStream;
  duplex?: 'half';
}

const send = async (method: string, path: string, init: Init = {}) => {
  const headers = { 'x-authorization': await replica.token(), 'content-type': 'application/json', ...init.headers };
  return fetch(`${replica.url}/api${path}`, { method, ...init, headers });
};

describe('calls that are Conductor’s', () => {
  it('are passed on as they are, with the gateway’s token in place of the caller’s', async () => {
    const body = '{"name":"w",  "input":{"a":1}}';
    const answered = await send('POST', '/workflow/a%2Fb?x=1&y=%20', {
      body,
      headers: { cookie: 'mine=1', authorization: 'Bearer mine', 'x-client': 'cli', 'x-api-key': 'k' },
    });
    expect(answered.status).toBe(200);
    expect(answered.headers.get('x-of-conductor')).toBe('yes');
    expect(answered.headers.get('set-cookie')).toBeNull();
    expect(await answered.json()).toEqual({ method: 'POST', url: '/api/workflow/a%2Fb?x=1&y=%20' });
    const [call] = seen;
    expect(call).toMatchObject({
      body,
      headers: { 'x-client': 'cli', 'x-authorization': expect.stringMatching(/^own-/) },
    });
    for (const name of ['cookie', 'authorization', 'x-api-key']) expect(call?.headers).not.toHaveProperty(name);
    expect(JSON.stringify(seen)).not.toContain(await replica.token());
  });

  it('go through also where a body is empty, missing, or announced on a GET', async () => {
    expect((await send('GET', '/metadata/workflow')).status).toBe(200);
    expect((await send('DELETE', '/workflow/1', { body: '{}' })).status).toBe(200);
    expect((await send('PUT', '/workflow/1/pause')).status).toBe(200);
    expect(seen.map(({ method, body }) => [method, body])).toEqual([
      ['GET', ''],
      ['DELETE', '{}'],
      ['PUT', ''],
    ]);
  });

  it('are answered with what Conductor says, its faults included', async () => {
    expect(await read(await send('GET', '/missing'))).toMatchObject({
      status: 404,
      body: { message: 'no such thing' },
    });
  });

  it('need a token of ours', async () => {
    for (const token of ['', 'own-1', 'ey.garbage']) {
      const answered = await send('GET', '/workflow/1', { headers: { 'x-authorization': token } });
      expect(await read(answered)).toMatchObject({ status: 401, body: { error: 'INVALID_TOKEN' } });
    }
    expect(seen).toEqual([]);
  });

  it('take a new token of the gateway when the one it has is refused; callers are never told to take one', async () => {
    await send('GET', '/workflow/1');
    refusedTo = tokens;
    expect((await send('GET', '/workflow/1')).status, 'what can be repeated is').toBe(200);
    refusedTo = tokens;
    const refused = await read(await send('POST', '/workflow', { body: '{}' }));
    expect(refused).toMatchObject({ status: 502, body: { code: 'conductor-unavailable' } });
    expect((await send('POST', '/workflow', { body: '{}' })).status).toBe(200);
  });

  it('are problems where Conductor breaks off, and too large bodies never arrive whole', async () => {
    expect(await read(await send('GET', '/broken'))).toMatchObject({
      status: 502,
      body: { code: 'conductor-unavailable' },
    });
    const announced = await read(await send('POST', '/workflow', { body: 'x'.repeat(100_001) }));
    expect(announced).toMatchObject({ status: 413, body: { code: 'payload-too-large' } });
    const chunks = new ReadableStream({
      pull: (controller) => controller.enqueue(Buffer.alloc(30_000, 'x')),
    });
    const streamed = send('POST', '/workflow', { body: chunks, duplex: 'half' });
    const status = await streamed.then(
      (response) => response.status,
      () => 413,
    );
    expect(status).toBe(413);
    expect(seen).toEqual([]);
  });

  it.each([
    '/x/../../health',
    '/x/%2e%2e/%2e%2e/health',
    '//gateway/config',
    '/workflow//1',
    '/..;/health',
    '/x/..%5c..',
  ])('never leave its API: %s', async (path) => {
    const { port } = new URL(replica.url);
    const { status } = await raw(Number(port), `/api${path}`, await replica.token());
    expect([400, 404]).toContain(status);
    expect(seen).toEqual([]);
  });
});

/** As it stands, where fetch would write the path otherwise. */
async function raw(port: number, path: string, token: string): Promise<{ status: number }> {
  return new Promise((resolve, reject) => {
    plainRequest({ port, host: '127.0.0.1', path, headers: { 'x-authorization': token } }, (response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0 });
    })
      .once('error', reject)
      .end();
  });
}

describe('roles', () => {
  const calls = {
    USER: ['GET /workflow/1', 'HEAD /workflow/1', 'GET /tasks/1', 'GET /metadata/workflow', 'GET /event'],
    METADATA_MANAGER: [
      ...['POST /workflow/w', 'PUT /metadata/workflow', 'DELETE /event/e', 'POST /queue/update/1/t/COMPLETED'],
      ...['GET /tasks/poll/t', 'HEAD /tasks/poll/t', 'GET /tasks/poll/batch/t', 'GET /tasks/%70oll/t'],
      ...['GET /tasks/poll;a=b/t', 'GET /tasks%2Fpoll/t', 'POST /tasks'],
    ],
    ADMIN: [
      ...['GET /secrets/s', 'PUT /secrets/s', 'GET /admin/config', 'POST /admin/consistency/verifyAndRepair/1'],
      ...[
        'GET /groups',
        'POST /roles',
        'GET /tasks;a/poll/t',
        'GET /event/queue/config',
        'GET /environment',
        'GET /new',
      ],
    ],
  };
  const order = ['USER', 'METADATA_MANAGER', 'ADMIN'] as const;

  it.each(order.map((role, index) => [role, index] as const))('%s may do what it may, no more', async (role, index) => {
    const { token } = await makeAccount(replica, role);
    for (const [at, needed] of order.entries()) {
      for (const call of calls[needed]) {
        const [method = '', path = ''] = call.split(' ');
        const { status } = await send(method, path, { headers: { 'x-authorization': token } });
        expect([call, status]).toEqual([call, at <= index ? 200 : 403]);
      }
    }
  });
});

describe('what is ours', () => {
  it.each([
    '/gateway/nothing',
    '/applications',
    '/schema/x',
    '/auth/x',
    '/users/x',
    '/token/x',
    '/%67ateway/x',
    '/gateway',
  ])('stays ours: %s', async (path) => {
    const answered = await read(await send('DELETE', path));
    expect(answered.status).toBe(404);
    expect(answered.body.code).toBe('not-found');
    expect(seen).toEqual([]);
  });

  it('is served beside it', async () => {
    expect(await read(await send('GET', '/version'))).toMatchObject({ status: 200, body: '4.1.0' });
    expect(await read(await send('GET', '/gateway/config/services'))).toMatchObject({ status: 200, body: [] });
  });
});

it('without CONDUCTOR_PROXY nothing is passed on', async () => {
  const other = await startReplica(nats.url, namespace(), { CONDUCTOR_SERVER_URL: upstreamUrl });
  const headers = { 'x-authorization': await other.token() };
  expect((await fetch(`${other.url}/api/workflow/1`, { headers })).status).toBe(404);
  await other.drain();
});
