import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { type ClientHttp2Session, connect as connectHttp2, constants } from 'node:http2';
import { once } from 'node:events';
import { join } from 'node:path';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { temporaryDirectory, waitFor } from '@rostrum/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as pairs from './pairs.ts';
import { echo, type StartedHttp, startHttp } from './support.ts';

/** TLS, with HTTP/2 and HTTP/1.1 in it. */

let dir: string;
let files: { TLS_CERT_FILE: string; TLS_KEY_FILE: string };
let http: StartedHttp;
beforeAll(async () => {
  dir = await temporaryDirectory('tls');
  files = { TLS_CERT_FILE: join(dir, 'tls.crt'), TLS_KEY_FILE: join(dir, 'tls.key') };
  await write(pairs.a);
  const short = { REQUEST_TIMEOUT_MS: '400', BODY_LIMIT_BYTES: '1000', HTTP2_MAX_STREAMS: '20', HSTS_MAX_AGE_S: '60' };
  http = await startHttp({ ...files, ...short, TLS_RELOAD_EVERY_MS: '100' });
});
afterAll(async () => {
  await http.drain();
  await rm(dir, { recursive: true });
});

async function write({ cert, key }: { cert: string; key: string }): Promise<void> {
  await writeFile(join(dir, 'tls.crt'), cert);
  await writeFile(join(dir, 'tls.key'), key);
}

const open = { host: '127.0.0.1', rejectUnauthorized: false };
async function tls(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ ...open, port, ...options });
  socket.on('error', () => {});
  await Promise.race([
    once(socket, 'secureConnect'),
    once(socket, 'close').then(() => Promise.reject(new Error('refused'))),
  ]);
  return socket;
}

function session(port: number): ClientHttp2Session {
  return connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false }).on('error', () => {});
}

interface Answer {
  status: number;
  headers: Record<string, unknown>;
  body: string;
}

async function ask(client: ClientHttp2Session, headers: Record<string, string>, body?: string): Promise<Answer> {
  const stream = client.request(headers, { endStream: body === undefined });
  stream.end(body);
  const [got] = (await once(stream, 'response')) as [Record<string, unknown>];
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk;
  return { status: Number(got[':status']), headers: got, body: text };
}

describe('TLS', () => {
  it.each([
    ['h2', 'h2'],
    ['http/1.1', 'http/1.1'],
  ])('speaks %s where the client offers it', async (offered, spoken) => {
    const socket = await tls(http.port, { ALPNProtocols: [offered] });
    expect(socket.alpnProtocol).toBe(spoken);
    socket.destroy();
  });

  it('speaks HTTP/1.1 with the same bounds, and says that browsers are to come this way', async () => {
    const socket = await tls(http.port, { ALPNProtocols: ['http/1.1'] });
    let received = '';
    socket.setEncoding('utf8').on('data', (text) => (received += text));
    socket.write('GET /a HTTP/1.1\r\nHost: a\r\n\r\nPOST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nx');
    await once(socket, 'close');
    expect([...received.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual(['200', '408']);
    expect(received).toContain('strict-transport-security: max-age=60');
  });

  it.each([
    ['TLS 1.1', { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }],
    ['a cipher without forward secrecy', { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA' }],
  ] as [string, ConnectionOptions][])('refuses %s', async (_name, options) => {
    await expect(tls(http.port, options)).rejects.toThrow();
  });

  it('refuses what does not begin with TLS', async () => {
    const counted = () => http.registry.getSingleMetricAsString('rostrum_ingress_connections_refused_total');
    await expect(fetch(`http://127.0.0.1:${http.port}/`)).rejects.toThrow();
    await waitFor(async () => (await counted()).includes('reason="tls"'));
  });
});

describe('a certificate that changes on disk', () => {
  const shown = async () => {
    const socket = await tls(http.port);
    const subject = socket.getPeerX509Certificate()?.subject;
    socket.destroy();
    return subject;
  };

  it('is shown to new connections when its files are written over; those that are open go on', async () => {
    const before = session(http.port);
    expect((await ask(before, { ':path': '/' })).status).toBe(200);
    await write(pairs.b);
    await waitFor(async () => (await shown()) === 'CN=b.test');
    expect((await ask(before, { ':path': '/' })).status).toBe(200);
    before.destroy();
  });

  it('is not taken up while it cannot be used, which metrics say', async () => {
    await writeFile(join(dir, 'tls.key'), pairs.a.key);
    const failed = () => http.registry.getSingleMetricAsString('rostrum_ingress_certificate_failures_total');
    await waitFor(async () => !(await failed()).endsWith(' 0'));
    expect(await shown()).toBe('CN=b.test');
    await writeFile(join(dir, 'tls.crt'), 'not a certificate');
    expect(await shown()).toBe('CN=b.test');
    await write(pairs.a);
    await waitFor(async () => (await shown()) === 'CN=a.test');
  });

  it('may be files renamed into place', async () => {
    await writeFile(join(dir, 'next.crt'), pairs.b.cert);
    await writeFile(join(dir, 'next.key'), pairs.b.key);
    await rename(join(dir, 'next.crt'), join(dir, 'tls.crt'));
    await rename(join(dir, 'next.key'), join(dir, 'tls.key'));
    await waitFor(async () => (await shown()) === 'CN=b.test');
  });

  it('may stand behind a symbolic link that is swapped, as Kubernetes does', async () => {
    for (const [name, pair] of [
      ['a', pairs.a],
      ['b', pairs.b],
    ] as const) {
      await mkdir(join(dir, `..${name}`));
      await writeFile(join(dir, `..${name}`, 'tls.crt'), pair.cert);
      await writeFile(join(dir, `..${name}`, 'tls.key'), pair.key);
    }
    const point = async (to: string) => {
      await symlink(to, join(dir, '..data_tmp'));
      await rename(join(dir, '..data_tmp'), join(dir, '..data'));
    };
    await point('..b');
    for (const file of ['tls.crt', 'tls.key']) {
      await symlink(join('..data', file), join(dir, 'link'));
      await rename(join(dir, 'link'), join(dir, file));
    }
    await point('..a');
    await waitFor(async () => (await shown()) === 'CN=a.test');
  });

  it('that cannot be used when the gateway starts is named, with what is wrong', async () => {
    await expect(startHttp({ ...files, TLS_KEY_FILE: join(dir, 'none.key') })).rejects.toThrow(/TLS_KEY_FILE.*ENOENT/);
    await expect(startHttp({ TLS_CERT_FILE: files.TLS_CERT_FILE })).rejects.toThrow(/set both/);
  });
});

describe('HTTP/2', () => {
  it('is the same as HTTP/1.1 to who handles a request, which sees a host and no pseudo-headers', async () => {
    const client = session(http.port);
    const { status, headers, body } = await ask(client, { ':method': 'POST', ':path': '/p?q=1', 'x-a': 'b' }, 'hello');
    expect([status, JSON.parse(body)]).toEqual([200, { method: 'POST', url: '/p?q=1', body: 'hello' }]);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'strict-transport-security': 'max-age=60',
    });
    const { request } = http.answered.at(-1) as StartedHttp['answered'][0];
    expect(request.headers).toMatchObject({ host: `127.0.0.1:${http.port}`, 'x-a': 'b' });
    expect(Object.keys(request.headers).filter((name) => name.startsWith(':'))).toEqual([]);
    client.destroy();
  });

  it('answers HEAD without a body', async () => {
    const client = session(http.port);
    const { status, body } = await ask(client, { ':method': 'HEAD', ':path': '/' });
    expect([status, body]).toEqual([200, '']);
    client.destroy();
  });

  it('refuses what is too large, what takes too long, and what nobody can expect, each by itself', async () => {
    const client = session(http.port);
    const large = ask(client, { ':method': 'POST', ':path': '/' }, 'x'.repeat(2_000));
    const slow = client.request({ ':method': 'POST', ':path': '/' });
    slow.write('x');
    const [late] = (await once(slow, 'response')) as [Record<string, unknown>];
    expect([(await large).status, late[':status']]).toEqual([413, 408]);
    expect((await ask(client, { ':path': '/', expect: 'a-wonder' })).status).toBe(417);
    expect((await ask(client, { ':path': '/', ':authority': 'a', host: 'b' })).status).toBe(400);
    expect((await ask(client, { ':path': '/' })).status).toBe(200);
    client.destroy();
  });

  it('asks for the body only when it is wanted', async () => {
    const client = session(http.port);
    const wanted = client.request({ ':method': 'POST', ':path': '/', expect: '100-continue' });
    await once(wanted, 'continue');
    wanted.end('hello');
    expect(String((await once(wanted, 'response'))[0][':status'])).toBe('200');
    const refused = client.request({
      ...{ ':method': 'POST', ':path': '/', expect: '100-continue', 'content-length': '5000' },
    });
    let continued = false;
    refused.on('continue', () => (continued = true));
    expect((await once(refused, 'response'))[0][':status']).toBe(413);
    expect(continued).toBe(false);
    client.destroy();
  });

  it('tells how many streams and how large headers may be, and refuses more', async () => {
    const client = session(http.port);
    const [settings] = (await once(client, 'remoteSettings')) as [Record<string, unknown>];
    expect(settings).toMatchObject({ maxConcurrentStreams: 20, maxHeaderListSize: 16_384 });
    const [error] = (await once(client.request({ ':path': '/', x: 'y'.repeat(20_000) }), 'error')) as [Error];
    expect(error.message).toMatch(/ENHANCE_YOUR_CALM|FRAME_SIZE|REFUSED/);
    client.destroy();
  });
});

/** A frame of HTTP/2 (RFC 9113, section 4.1). */
function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A connection on which frames are written by hand. */
async function rawSession(port: number): Promise<TLSSocket> {
  const socket = await tls(port, { ALPNProtocols: ['h2'] });
  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  socket.write(frame(4, 0, 0));
  return socket;
}

/** The headers of a request: `:method GET`, `:scheme https`, `:path /`. */
const headers = Buffer.from([0x82, 0x87, 0x84]);

it('a connection that opens streams only to reset them is ended (CVE-2023-44487)', async () => {
  const before = http.answered.length;
  const socket = await rawSession(http.port);
  const closed = once(socket.resume(), 'close');
  const cancel = Buffer.from([0, 0, 0, 8]);
  const streams = Array.from({ length: 2_000 }, (_, at) => 2 * at + 1);
  socket.write(Buffer.concat(streams.flatMap((id) => [frame(1, 5, id, headers), frame(3, 0, id, cancel)])));
  await closed;
  expect(http.answered.length - before).toBeLessThan(200);
  expect((await fetchOver(http.port)).status).toBe(200);
});

describe('frames that only make work', () => {
  const setting = Buffer.from([0, 4, 0, 0, 255, 255]);
  const table: [string, Buffer][] = [
    ['pings whose answers nobody reads', frame(6, 0, 0, Buffer.alloc(8))],
    ['settings whose answers nobody reads', frame(4, 0, 0, setting)],
    ['a frame of settings with too many of them', frame(4, 0, 0, Buffer.concat(Array(100).fill(setting)))],
    ['headers that go on for ever', Buffer.concat([frame(1, 0, 1, headers), ...Array(100).fill(frame(9, 0, 1))])],
    ['data for streams that nobody opened', frame(0, 0, 1, Buffer.alloc(10))],
    ['window updates of nothing', frame(8, 0, 0, Buffer.alloc(4))],
    ['a frame larger than was agreed', frame(0, 0, 1, Buffer.alloc(20_000))],
  ];
  it.each(table)('%s end the connection', async (_name, each) => {
    const socket = (await rawSession(http.port)).pause();
    let closed = false;
    socket.once('close', () => (closed = true));
    const many = Buffer.concat(Array(Math.ceil(200_000 / each.length)).fill(each));
    await waitFor(() => {
      // Nothing is read, so that the server’s answers pile up.
      if (socket.writableLength === 0) socket.write(many);
      return closed || socket.destroyed || !socket.writable;
    });
    expect((await fetchOver(http.port)).status).toBe(200);
  });
});

async function fetchOver(port: number): Promise<Answer> {
  const client = session(port);
  return ask(client, { ':path': '/' }).finally(() => client.destroy());
}

describe('a server that is told to stop', () => {
  it('sends clients of HTTP/2 away, answers what they have sent meanwhile, and finishes what is under way', async () => {
    const held = Promise.withResolvers<void>();
    const server = await startHttp({ ...files, DRAIN_NOTICE_MS: '200' }, async (request) => {
      if (request.url === '/slow') await held.promise;
      return echo(request);
    });
    const client = session(server.port);
    const goaways: number[] = [];
    client.on('goaway', (code) => goaways.push(code));
    const slow = ask(client, { ':path': '/slow' });
    const other = await tls(server.port, { ALPNProtocols: ['h2'] });
    const count = () => server.registry.getSingleMetricAsString('rostrum_ingress_connections');
    await waitFor(async () => (await count()).endsWith(' 2'));
    const drained = server.drain();
    await waitFor(() => goaways.length > 0);
    expect((await fetchOver(server.port)).status).toBe(200);
    held.resolve();
    expect((await slow).status).toBe(200);
    await drained;
    expect(goaways.every((code) => code === constants.NGHTTP2_NO_ERROR)).toBe(true);
    other.destroy();
  });
});
