import { waitFor } from '@rostrum/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { echo, exchangeRaw, RawClient, type StartedHttp, startHttp } from './support.ts';

/** What raw sockets can do to the server, without TLS. */

let http: StartedHttp;
beforeAll(async () => {
  http = await startHttp({ BODY_LIMIT_BYTES: '1000', MAX_PIPELINED: '4', MAX_HEADERS: '20' });
});
afterAll(() => http.drain());

const host = 'Host: a\r\n';
const post = (headers: string, body = '') => `POST /p HTTP/1.1\r\n${host}${headers}\r\n${body}`;
const get = (headers = '') => `GET /g HTTP/1.1\r\n${host}${headers}\r\n`;
/** What an attacker wants taken for a request of its own. */
const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';

describe('a request whose end can be seen in two ways is refused, and nothing after it is looked at', () => {
  const chunked = 'Transfer-Encoding: chunked\r\n';
  const table: [string, string][] = [
    ['Content-Length and Transfer-Encoding', post(`Content-Length: 5\r\n${chunked}`, `0\r\n\r\n${smuggled}`)],
    ['Transfer-Encoding and Content-Length', post(`${chunked}Content-Length: 5\r\n`, `0\r\n\r\n${smuggled}`)],
    ['two Content-Lengths that differ', post('Content-Length: 5\r\nContent-Length: 6\r\n', `hello${smuggled}`)],
    ['two Content-Lengths that are the same', post('Content-Length: 5\r\nContent-Length: 5\r\n', `hello${smuggled}`)],
    ['Content-Lengths in a list', post('Content-Length: 5, 5\r\n', `hello${smuggled}`)],
    ['chunked, identity', post('Transfer-Encoding: chunked, identity\r\n', `0\r\n\r\n${smuggled}`)],
    ['identity', post('Transfer-Encoding: identity\r\n', `0\r\n\r\n${smuggled}`)],
    ['xchunked', post('Transfer-Encoding: xchunked\r\n', `0\r\n\r\n${smuggled}`)],
    ['chunked twice', post(`${chunked}${chunked}`, `0\r\n\r\n${smuggled}`)],
    ['a folded Transfer-Encoding', post('Transfer-Encoding:\r\n chunked\r\n', `0\r\n\r\n${smuggled}`)],
    ['a vertical tab before chunked', post('Transfer-Encoding: \vchunked\r\n', `0\r\n\r\n${smuggled}`)],
    ['Transfer-Encoding in HTTP/1.0', `POST / HTTP/1.0\r\n${host}${chunked}\r\n0\r\n\r\n${smuggled}`],
    ['a space before the colon', post('Content-Length : 5\r\n', `hello${smuggled}`)],
    ['a space before the first header', `GET / HTTP/1.1\r\n ${host}\r\n${smuggled}`],
    ['an empty name', get(': x\r\n') + smuggled],
    ['a name with a space', get('X Y: x\r\n') + smuggled],
    ['a folded header', get('X: a\r\n b\r\n') + smuggled],
    ['a NUL in a header', get('X: a\0b\r\n') + smuggled],
    ['a NUL in the path', `GET /\0 HTTP/1.1\r\n${host}\r\n${smuggled}`],
    ['a bare CR in a header', get('X: a\rb\r\n') + smuggled],
    ['a bare CR for the end of a line', `GET / HTTP/1.1\r${host}\r\n${smuggled}`],
    ['a bare LF for the end of a line', `GET / HTTP/1.1\n${host}\r\n${smuggled}`],
    ['a bare LF for the end of a header', `GET / HTTP/1.1\r\nHost: a\n\r\n${smuggled}`],
    ['a bare LF for the end of the headers', `GET / HTTP/1.1\r\n${host}\n${smuggled}`],
    ['Content-Length +5', post('Content-Length: +5\r\n', `hello${smuggled}`)],
    ['Content-Length -5', post('Content-Length: -5\r\n', `hello${smuggled}`)],
    ['Content-Length 0x5', post('Content-Length: 0x5\r\n', `hello${smuggled}`)],
    ['Content-Length 5 6', post('Content-Length: 5 6\r\n', `hello${smuggled}`)],
    ['an empty Content-Length', post('Content-Length:\r\n', `hello${smuggled}`)],
    ['a Content-Length beyond 64 bits', post('Content-Length: 18446744073709551621\r\n', `hello${smuggled}`)],
    ['a chunk size beyond 64 bits', post(chunked, `10000000000000005\r\nhello\r\n0\r\n\r\n${smuggled}`)],
    ['a negative chunk size', post(chunked, `-5\r\nhello\r\n0\r\n\r\n${smuggled}`)],
    ['a chunk size with 0x', post(chunked, `0x5\r\nhello\r\n0\r\n\r\n${smuggled}`)],
    ['a chunk that is longer than it says', post(chunked, `5\r\nhello!\r\n0\r\n\r\n${smuggled}`)],
    ['a chunk size that ends in LF', post(chunked, `5\nhello\r\n0\r\n\r\n${smuggled}`)],
    ['a chunk that ends in LF', post(chunked, `5\r\nhello\n0\r\n\r\n${smuggled}`)],
    ['a bare CR in a chunk’s extension', post(chunked, `5;a\rb\r\nhello\r\n0\r\n\r\n${smuggled}`)],
    ['two hosts', `GET / HTTP/1.1\r\n${host}Host: b\r\n\r\n${smuggled}`],
    ['two content types', post('Content-Type: a/b\r\nContent-Type: a/c\r\nContent-Length: 0\r\n') + smuggled],
    ['two credentials', get('Authorization: Bearer a\r\nAuthorization: Bearer b\r\n') + smuggled],
    ['no host', `GET / HTTP/1.1\r\n\r\n${smuggled}`],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'],
    ['HTTP/0.9', `GET /\r\n\r\n${smuggled}`],
    ['HTTP/2.0, by its name alone', `GET / HTTP/2.0\r\n${host}\r\n${smuggled}`],
    ['HTTP/3.0', `GET / HTTP/3.0\r\n${host}\r\n${smuggled}`],
    ['the first bytes of TLS', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03'],
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n'],
  ];
  it.each(table)('%s', async (_name, text) => {
    const before = http.answered.length;
    const { statuses, received } = await exchangeRaw(http.port, text);
    expect([statuses, received]).toEqual([[400], expect.stringContaining('problems#malformed-request')]);
    expect(received).toMatch(/\r\nconnection: close\r\n/i);
    expect(http.answered.slice(before).map(({ request }) => request.url)).not.toContain('/smuggled');
  });
});

describe('a request that is odd, and clear', () => {
  const table: [string, string, string][] = [
    ['GET with a body', `GET /g HTTP/1.1\r\n${host}Content-Length: 5\r\n\r\nhello`, 'hello'],
    ['chunks with extensions', post('Transfer-Encoding: chunked\r\n', '5;a=b;c="d"\r\nhello\r\n0;e\r\n\r\n'), 'hello'],
    ['trailers', post('Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\nHost: b\r\nX: y\r\n\r\n'), 'hello'],
    ['Chunked, by another case', post('Transfer-Encoding: Chunked\r\n', '5\r\nhello\r\n0\r\n\r\n'), 'hello'],
    ['chunks of one byte', post('Transfer-Encoding: chunked\r\n', '1\r\nh\r\n1\r\ni\r\n0\r\n\r\n'), 'hi'],
    ['empty lines before the request line', `\r\n\r\n${get()}`, ''],
  ];
  it.each(table)('%s is answered, and the connection goes on', async (_name, text, body) => {
    const client = new RawClient(http.port).send(text + get());
    expect(await client.answers(2)).toEqual([200, 200]);
    expect(client.received).toContain(JSON.stringify(body).slice(1, -1));
    client.socket.destroy();
  });
});

describe('a request that asks for another protocol', () => {
  // Java’s client asks for h2c with the first request it sends.
  const table: [string, string][] = [
    ['Upgrade, HTTP2-Settings', 'Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk'],
    ['Upgrade', 'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='],
  ];
  it.each(table)('%s: is answered as if it had not, and the connection ends', async (connection, headers) => {
    const text = post(`Connection: ${connection}\r\n${headers}\r\nContent-Length: 5\r\n`, 'hello');
    const { statuses, received } = await exchangeRaw(http.port, text + smuggled);
    expect([statuses, received]).toEqual([[200], expect.stringContaining('hello')]);
  });
});

describe('what is larger than its bound', () => {
  const table: [string, string, number, string][] = [
    ['a header', get(`X: ${'x'.repeat(17_000)}\r\n`), 431, 'headers-too-large'],
    ['a URL', `GET /${'x'.repeat(17_000)} HTTP/1.1\r\n${host}\r\n`, 431, 'headers-too-large'],
    ['all headers together', get('X: y\r\n'.repeat(3_000)), 431, 'headers-too-large'],
    ['the number of headers', get('X: y\r\n'.repeat(30)), 431, 'headers-too-large'],
    ['a body with a length', post('Content-Length: 1001\r\n', 'x'.repeat(1_001)), 413, 'payload-too-large'],
    ['a body that has not come', post('Content-Length: 9999999999\r\n'), 413, 'payload-too-large'],
    [
      'a body in chunks',
      post('Transfer-Encoding: chunked\r\n', `3e9\r\n${'x'.repeat(1_001)}\r\n`),
      413,
      'payload-too-large',
    ],
    [
      'the extensions of chunks',
      post('Transfer-Encoding: chunked\r\n', `5;${'x'.repeat(17_000)}\r\nhello\r\n`),
      413,
      'payload-too-large',
    ],
  ];
  it.each(table)('%s is refused, and the connection ends', async (_name, text, status, code) => {
    const { statuses, received } = await exchangeRaw(http.port, text);
    expect([statuses, received]).toEqual([[status], expect.stringContaining(`problems#${code}`)]);
  });

  it('an answer arrives although its request is still being sent', async () => {
    const client = new RawClient(http.port).send(post('Content-Length: 4000000\r\n'));
    await client.answers(1);
    client.send('x'.repeat(2_000_000));
    expect(await client.end()).toEqual([413]);
  });
});

describe('methods that are not for a gateway', () => {
  it('CONNECT is refused, and what follows is not taken for requests', async () => {
    const { statuses, received } = await exchangeRaw(
      http.port,
      `CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n${smuggled}`,
    );
    expect([statuses, received]).toEqual([[405], expect.stringContaining('problems#method-not-allowed')]);
  });
  it('CONNECT is refused in its turn', async () => {
    const { statuses } = await exchangeRaw(http.port, `${get()}CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n`);
    expect(statuses).toEqual([200, 405]);
  });
  it('a method that nobody knows cannot be read', async () => {
    const { statuses } = await exchangeRaw(http.port, `BREW / HTTP/1.1\r\n${host}\r\n`);
    expect(statuses).toEqual([400]);
  });
});

describe('Expect', () => {
  const expecting = 'Expect: 100-continue\r\nContent-Length: 5\r\n';
  it('is answered by 100 when the body is wanted', async () => {
    const client = new RawClient(http.port).send(post(expecting));
    expect(await client.answers(1)).toEqual([100]);
    client.send(`hello${get()}`);
    expect(await client.answers(3)).toEqual([100, 200, 200]);
    client.socket.destroy();
  });
  it('is answered by the final answer when it is not, and the connection ends', async () => {
    const { statuses } = await exchangeRaw(
      http.port,
      post('Expect: 100-continue\r\nContent-Length: 5000\r\n') + smuggled,
    );
    expect(statuses).toEqual([413]);
  });
  it('of something else is 417', async () => {
    const { statuses, received } = await exchangeRaw(http.port, post('Expect: a-wonder\r\nContent-Length: 5\r\n'));
    expect([statuses, received]).toEqual([[417], expect.stringContaining('problems#expectation-failed')]);
  });
});

describe('requests that are sent ahead of answers', () => {
  it('are answered in their order, and one that cannot be read after those before it', async () => {
    const open = Promise.withResolvers<void>();
    const slow = await startHttp({}, async (request) => {
      if (request.url === '/slow') await open.promise;
      return echo(request);
    });
    const client = new RawClient(slow.port).send(
      `GET /slow HTTP/1.1\r\n${host}\r\n${post('Content-Length: 2\r\n', 'hi')}nonsense\r\n\r\n`,
    );
    await waitFor(() => slow.answered.length === 1);
    expect(client.received).toBe('');
    open.resolve();
    expect(await client.end()).toEqual([200, 200, 400]);
    expect(client.received.indexOf('/slow')).toBeLessThan(client.received.indexOf('/p'));
    await slow.drain();
  });

  it('are refused beyond the bound, and nothing after those is looked at', async () => {
    const open = Promise.withResolvers<void>();
    const slow = await startHttp({ MAX_PIPELINED: '4' }, async (request) => {
      await open.promise;
      return echo(request);
    });
    const client = new RawClient(slow.port).send(get().repeat(50));
    await waitFor(() => slow.answered.length === 1);
    open.resolve();
    expect(await client.end()).toEqual([200, 200, 200, 200, 503]);
    await slow.drain();
  });
});

describe('an answer', () => {
  it('says nothing of what made it, and is kept and shown by nobody', async () => {
    const client = new RawClient(http.port).send(get());
    await client.answers(1);
    const head = client.received.slice(0, client.received.indexOf('\r\n\r\n')).toLowerCase();
    expect(head).not.toMatch(/^(server|x-powered-by|via):/m);
    expect(head).toContain('x-content-type-options: nosniff');
    expect(head).toContain('cache-control: no-store');
    expect(head).toContain("content-security-policy: default-src 'none'; frame-ancestors 'none'");
    expect(head).not.toContain('strict-transport-security');
    client.socket.destroy();
  });
});
