import { brotliCompressSync, brotliDecompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { type Gateway, startGateway } from '@rostrum/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { request } from 'undici';
import { admin, call, publish, register } from './support.ts';

/** Bodies of requests and of answers, through real processes. */
let gateway: Gateway;

const nothing = { name: 'none', taskReferenceName: 'none', type: 'NOOP' };
const route = (path: string, workflow: string, more: object = {}) => ({
  httpMethod: 'POST',
  path,
  mappedWorkflow: { name: workflow, version: 1 },
  ...more,
});

beforeAll(async () => {
  gateway = await startGateway({ env: { ingress: { COMPRESS_FROM_BYTES: '2000' } } });
  await register(
    gateway,
    { name: 'mirror', tasks: [nothing], outputParameters: { input: '${workflow.input}' } },
    { name: 'own', tasks: [nothing], outputParameters: { response: '${workflow.input.response}' } },
  );
  const numbered = { type: 'object', properties: { a: { type: 'number' } } };
  await publish(gateway, 'bodies', [
    route('/mirror', 'mirror'),
    route('/checked', 'mirror', { inputSchema: numbered }),
    route('/own', 'own', { outputIsResponse: true }),
    route('/png', 'mirror', {
      outputIsResponse: true,
      postResponseScript:
        '({response: {bodyType: "base64", headers: {"content-type": "image/png"}, body: "iVBORw0KGgo="}})',
    }),
  ]);
});
afterAll(() => gateway?.stop());

/** Bytes as they are, for what `call` would send and read as text. */
const send = (path: string, body: Buffer | string, headers: Record<string, string>) =>
  fetch(`${gateway.url}/bodies${path}`, { method: 'POST', body, headers });
const json = { 'content-type': 'application/json' };

describe('the body of a request', () => {
  it('reaches the workflow as it was written, beside the query, and whatever it was encoded with', async () => {
    const body = '{"big":12345678901234,"text":"ü","a":[1.5]}';
    const input = { big: 12345678901234, text: 'ü', a: [1.5], q: ['1', '2'] };
    for (const path of ['/mirror', '/checked']) {
      const checked = path === '/checked' ? body.replace('[1.5]', '1.5') : body;
      const expected = path === '/checked' ? { ...input, a: 1.5 } : input;
      const { status, body: answer } = await call(gateway, 'POST', `/bodies${path}?q=1&q=2`, { body: checked });
      expect([status, answer]).toEqual([200, { input: expected }]);
    }
    for (const [coding, compress] of [
      ['gzip', gzipSync],
      ['br', brotliCompressSync],
      ['zstd', zstdCompressSync],
    ] as const) {
      const answer = await send('/mirror?q=1&q=2', compress(body), { ...json, 'content-encoding': coding });
      expect([answer.status, await answer.json()]).toEqual([200, { input }]);
    }
  });

  it('may be a form', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await send('/mirror', 'name=J%C3%BCrgen+X&tag=a&tag=b', form);
    expect(await answer.json()).toEqual({ input: { name: 'Jürgen X', tag: ['a', 'b'] } });
  });

  it('that is a bomb, ambiguous or of no known coding is refused', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    expect((await send('/mirror', bomb, { ...json, 'content-encoding': 'gzip' })).status).toBe(413);
    const twice = await call(gateway, 'POST', '/bodies/mirror', { body: '{"a":{"b":1,"\\u0062":2}}' });
    expect(twice).toMatchObject({ status: 400, body: { errors: [{ pointer: '/a/b' }] } });
    const unknown = await send('/mirror', '{}', { ...json, 'content-encoding': 'deflate' });
    expect([unknown.status, unknown.headers.get('accept-encoding')]).toEqual([415, 'gzip, br, zstd']);
  });
});

describe('a route’s own response', () => {
  const page = {
    status: 404,
    headers: { 'Content-Type': 'text/html', 'X-Own': 'yes' },
    bodyType: 'text',
    body: '<p>ü',
  };

  it('goes out as it says', async () => {
    const answer = await call(gateway, 'POST', '/bodies/own', { body: { response: page } });
    expect(answer).toMatchObject({
      status: 404,
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'x-own': 'yes',
        'content-security-policy': expect.stringMatching(/^sandbox/),
      },
      body: '<p>ü',
    });
    const png = await send('/png', '{}', json);
    expect([png.status, png.headers.get('content-type')]).toEqual([200, 'image/png']);
    expect(Buffer.from(await png.arrayBuffer()).toString('base64')).toBe('iVBORw0KGgo=');
    const empty = await call(gateway, 'POST', '/bodies/own', { body: { response: { status: 204 } } });
    expect([empty.status, empty.body, empty.headers['content-type']]).toEqual([204, '', undefined]);
  });

  it('is repeated under an idempotency key, and found under the execution’s address', async () => {
    const once = { body: { response: page }, headers: { 'idempotency-key': 'own-1' } };
    await call(gateway, 'POST', '/bodies/own', once);
    expect(await call(gateway, 'POST', '/bodies/own', once)).toMatchObject({
      status: 404,
      headers: { 'idempotency-replayed': 'true', 'x-own': 'yes' },
      body: '<p>ü',
    });
    const left = await call(gateway, 'POST', '/bodies/own', {
      body: { response: page },
      headers: { prefer: 'respond-async' },
    });
    expect(left.status).toBe(202);
    const found = await call(gateway, 'GET', left.headers['location'] as string, { headers: { prefer: 'wait=5' } });
    expect(found).toMatchObject({ status: 404, headers: { 'x-own': 'yes' }, body: '<p>ü' });
  });

  it('that is none is a problem which says what is wrong', async () => {
    const wrong: [unknown, RegExp][] = [
      [undefined, /no object with a member response/],
      [{ status: 700 }, /within 200 and 599/],
      [{ headers: { 'Set-Cookie': 'a=b' } }, /set-cookie is not for a route/],
      [{ headers: { 'X-A': 'b\r\nc: d' } }, /x-a has a name or value/],
    ];
    for (const [response, detail] of wrong) {
      expect(await call(gateway, 'POST', '/bodies/own', { body: { response } })).toMatchObject({
        status: 502,
        body: {
          type: expect.stringMatching(/#response-invalid$/),
          detail: expect.stringMatching(detail),
          workflowId: expect.any(String),
        },
      });
    }
  });

  it('is shown where the route is tried', async () => {
    const tried = (path: string, body: object) =>
      admin(gateway, 'POST', '/services/bodies/routes/test', { method: 'POST', path, body });
    expect(await tried('/own', { response: page })).toMatchObject({
      status: 404,
      headers: { 'x-own': 'yes' },
      body: '<p>ü',
    });
    expect(await tried('/png', {})).toMatchObject({ status: 200, body: { base64: 'iVBORw0KGgo=' } });
  });

  it('is refused where it could be none', async () => {
    const refused = admin(gateway, 'POST', '/services/bodies/routes', {
      ...route('/never', 'own', { outputIsResponse: true, workflowMetadataInOutput: true }),
    });
    await expect(refused).rejects.toThrow(/400.*outputIsResponse/s);
  });
});

it('a large answer is compressed as its caller takes it', async () => {
  const body = JSON.stringify({ text: 'long '.repeat(1_000) });
  const raw = await request(`${gateway.url}/bodies/mirror`, {
    method: 'POST',
    body,
    headers: { ...json, 'accept-encoding': 'br, gzip;q=0.5' },
  });
  expect(raw.headers).toMatchObject({ 'content-encoding': 'br', vary: 'Accept-Encoding' });
  expect(JSON.parse(brotliDecompressSync(await raw.body.bytes()).toString())).toEqual({ input: JSON.parse(body) });
  const small = await request(`${gateway.url}/bodies/mirror`, {
    method: 'POST',
    body: '{}',
    headers: { ...json, 'accept-encoding': 'br' },
  });
  expect(small.headers['content-encoding']).toBeUndefined();
  await small.body.dump();
});
