import { expect, it } from 'vitest';
import { renderAnswer } from './render.ts';

const render = (status: number, headers: Record<string, string>, body = '', gateway = {}) =>
  renderAnswer({ kind: 'ok', workflowId: 'w', body: Buffer.from(body), response: { status, headers } }, 's', {
    'x-request-id': 'r',
    ...gateway,
  });

it('a route’s own answer goes out as it is, with what the gateway says beside it', () => {
  const reply = render(201, { 'content-type': 'image/png', vary: 'Accept-Language', etag: '"theirs"' }, 'png', {
    vary: 'Origin',
    etag: '"ours"',
  });
  expect(reply.status).toBe(201);
  expect(reply.headers).toMatchObject({
    'content-type': 'image/png',
    vary: 'Accept-Language, Origin',
    etag: '"ours"',
    'x-request-id': 'r',
    'x-content-type-options': 'nosniff',
  });
  expect(Buffer.from(reply.body ?? '').toString()).toBe('png');
  expect(render(204, {})).toMatchObject({ status: 204, body: undefined });
});

it('a page of a route has no rights to what else the host name serves', () => {
  const policy = (headers: Record<string, string>) => render(200, headers).headers['content-security-policy'];
  expect(policy({ 'content-type': 'text/html' })).toMatch(/^sandbox /);
  expect(policy({ 'content-type': 'text/html' })).not.toMatch(/allow-same-origin/);
  expect(policy({ 'content-security-policy': 'sandbox allow-same-origin' })).toMatch(
    /^sandbox .*, sandbox allow-same-origin$/,
  );
});

it('an answer that no executor makes does not go out', () => {
  for (const headers of [{ 'x-a': 'b\r\nc: d' }, { 'set-cookie': 'a=b' }, { 'access-control-allow-origin': '*' }])
    expect(() => render(200, headers)).toThrow(expect.objectContaining({ code: 'response-invalid' }));
  expect(() => render(100, {})).toThrow(expect.objectContaining({ code: 'response-invalid' }));
});
