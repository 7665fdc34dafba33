import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { addressesOf } from '../src/http/client-address.ts';
import type { Settings } from '../src/config.ts';

/** A server that answers every request with the address that it comes from, behind real sockets. */
const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close().closeAllConnections();
});

async function listen(more: Partial<Settings>, server = createServer()): Promise<() => Socket> {
  open.push(server);
  const off = { TRUSTED_PROXIES: [], FORWARDED_HEADER: 'x-forwarded-for', PROXY_PROTOCOL_FROM: [] };
  const settings = { ...off, PROXY_PROTOCOL_REQUIRED: true, HEADERS_TIMEOUT_MS: 10_000, ...more } as Settings;
  const addressOf = addressesOf(server, settings);
  server.on('request', (request, response) => {
    request.resume().on('end', () => response.end(`[${addressOf(request)}]`));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return () => connect((server.address() as AddressInfo).port, '127.0.0.1');
}

const line = 'PROXY TCP4 198.51.100.1 10.0.0.1 4711 80\r\n';
const version2 = Buffer.from([
  ...[0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a],
  ...[0x21, 0x11, 0, 12, 203, 0, 113, 9, 10, 0, 0, 1, 1, 2, 3, 4],
]);
const request = (more = '') => `GET / HTTP/1.1\r\nhost: a\r\n${more}\r\n`;
const last = request('connection: close\r\n');
const addresses = async (socket: Socket, ...sent: (string | Buffer)[]) => {
  for (const each of sent) socket.write(each);
  return [...(await text(socket)).matchAll(/\[(.*?)\]/g)].map(([, address]) => address);
};
const proxied: Partial<Settings> = { PROXY_PROTOCOL_FROM: ['127.0.0.1'] };

describe('the PROXY protocol', () => {
  it('of a trusted balancer says who calls, for all requests of the connection', async () => {
    const dial = await listen(proxied);
    expect(await addresses(dial(), line + request() + last)).toEqual(['198.51.100.1', '198.51.100.1']);
    expect(await addresses(dial(), version2, request(), last)).toEqual(['203.0.113.9', '203.0.113.9']);
  });

  it('may come in pieces, with a body behind it', async () => {
    const dial = await listen(proxied);
    const socket = dial().setNoDelay(true);
    const body = 'x'.repeat(100_000);
    const answer = text(socket);
    const post = `POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    for (const piece of [line.slice(0, 3), line.slice(3, 30), line.slice(30) + post.slice(0, 20), post.slice(20)])
      await new Promise<void>((resolve) => socket.write(piece, () => setImmediate(resolve)));
    expect(await answer).toContain('[198.51.100.1]');
  });

  it('goes ahead of TLS', async () => {
    // A key that both sides have takes the place of a certificate.
    const psk = Buffer.alloc(16, 7);
    const how = { ciphers: 'PSK', maxVersion: 'TLSv1.2' } as const;
    const dial = await listen(proxied, createTlsServer({ ...how, pskCallback: () => psk }));
    const raw = dial();
    raw.write(version2);
    const socket = connectTls({
      ...how,
      socket: raw,
      pskCallback: () => ({ psk, identity: 'test' }),
      checkServerIdentity: () => undefined,
    });
    expect(await addresses(socket, last)).toEqual(['203.0.113.9']);
  });

  it('of anybody else is no request', async () => {
    const dial = await listen({ PROXY_PROTOCOL_FROM: ['192.0.2.0/24'] });
    const socket = dial();
    socket.write(line + last);
    expect(await text(socket)).toMatch(/^HTTP\/1.1 400 /);
    expect(await addresses(dial(), last)).toEqual(['127.0.0.1']);
  });

  it('that is missing, malformed or slow closes the connection', async () => {
    const dial = await listen({ ...proxied, HEADERS_TIMEOUT_MS: 50 });
    for (const sent of [last, 'PROXY TCP4 x\r\n', 'PROX', '']) {
      const socket = dial();
      socket.write(sent);
      // Closed with what it sent unread, which may be a reset.
      expect(await text(socket).catch(() => ''), sent).toBe('');
    }
  });

  it('may be missing where a setting says so, and comes once', async () => {
    const dial = await listen({ ...proxied, PROXY_PROTOCOL_REQUIRED: false });
    expect(await addresses(dial(), last)).toEqual(['127.0.0.1']);
    expect(await addresses(dial(), line + last)).toEqual(['198.51.100.1']);
    const twice = dial();
    twice.write(line + line + last);
    expect(await text(twice)).toMatch(/^HTTP\/1.1 400 /);
  });

  it('and X-Forwarded-For: who the balancer names is believed where it is a trusted proxy', async () => {
    const dial = await listen({ ...proxied, TRUSTED_PROXIES: ['198.51.100.0/24'] });
    const said = request('connection: close\r\nx-forwarded-for: 192.0.2.7\r\n');
    expect(await addresses(dial(), line + said)).toEqual(['192.0.2.7']);
    expect(await addresses(dial(), version2, said)).toEqual(['203.0.113.9']);
  });
});

it('without a setting nothing of what a client says is believed', async () => {
  const dial = await listen({});
  const said = request('connection: close\r\nx-forwarded-for: 192.0.2.7\r\nforwarded: for=192.0.2.7\r\n');
  expect(await addresses(dial(), said)).toEqual(['127.0.0.1']);
});
