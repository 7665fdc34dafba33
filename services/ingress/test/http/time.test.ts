import { once } from 'node:events';
import { waitFor } from '@rostrum/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { echo, RawClient, type StartedHttp, startHttp } from './support.ts';

/** Clients that take their time, come too many, or stay too long. */

const host = 'Host: a\r\n';
const get = `GET /g HTTP/1.1\r\n${host}\r\n`;
let http: StartedHttp;
beforeAll(async () => {
  http = await startHttp({ HEADERS_TIMEOUT_MS: '200', REQUEST_TIMEOUT_MS: '400', KEEP_ALIVE_MS: '100' });
});
afterAll(() => http.drain());

/** Sends a piece every 20 ms for as long as the connection is open, so that it is never idle. */
async function drip(client: RawClient, first: string, piece: string): Promise<number[]> {
  client.send(first);
  const timer = setInterval(() => client.send(piece), 20);
  return client.end().finally(() => clearInterval(timer));
}

describe('a client that takes too long', () => {
  const table: [string, string, string][] = [
    ['to send the request line', 'GE', ''],
    ['to send the headers, however steadily', `GET / HTTP/1.1\r\n${host}`, 'X: y\r\n'],
    ['to send the body, however steadily', `POST / HTTP/1.1\r\n${host}Content-Length: 900000\r\n\r\n`, 'x'],
    ['to send its chunks', `POST / HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n`, '1\r\nx\r\n'],
  ];
  it.each(table)('%s is told so, and the connection ends', async (_name, first, piece) => {
    const client = new RawClient(http.port);
    expect(await drip(client, first, piece)).toEqual([408]);
    expect(client.received).toContain('problems#request-timeout');
  });

  it('to say anything at all is told so after the time for headers', async () => {
    expect(await new RawClient(http.port).end()).toEqual([408]);
  });

  it('to send the rest of what was refused is cut off without a second answer', async () => {
    const refusing = await startHttp({ REQUEST_TIMEOUT_MS: '200' }, async () => ({
      ...{ status: 401, headers: {}, body: undefined },
    }));
    const client = new RawClient(refusing.port);
    expect(await drip(client, `POST / HTTP/1.1\r\n${host}Content-Length: 5000\r\n\r\n`, 'x')).toEqual([401]);
    await refusing.drain();
  });

  it('to take its answer is cut off', async () => {
    const large = await startHttp({ REQUEST_TIMEOUT_MS: '200' }, async () => ({
      ...{ status: 200, headers: {}, body: Buffer.alloc(30_000_000) },
    }));
    const client = new RawClient(large.port).send(get);
    client.socket.pause();
    const open = () => large.registry.getSingleMetricAsString('rostrum_ingress_connections');
    await waitFor(async () => (await open()).endsWith(' 1'));
    await waitFor(async () => (await open()).endsWith(' 0'), { what: 'the server to close it' });
    client.socket.destroy();
    await large.drain();
  });

  it('between two requests loses the connection', async () => {
    const client = new RawClient(http.port).send(get);
    expect(await client.end()).toEqual([200]);
    expect(client.received).toContain('Keep-Alive: timeout=');
  });
});

describe('connections beyond the bound', () => {
  it.each<[string, Record<string, string>, string]>([
    ['of all', { MAX_CONNECTIONS: '3' }, 'total'],
    ['of one address', { MAX_CONNECTIONS_PER_ADDRESS: '3' }, 'address'],
  ])('%s are closed unread, and there is room again when one has gone', async (_name, env, reason) => {
    const bounded = await startHttp(env);
    const held = Array.from({ length: 3 }, () => new RawClient(bounded.port).send(get));
    await Promise.all(held.map((client) => client.answers(1)));
    expect(await new RawClient(bounded.port).send(get).end()).toEqual([]);
    const counted = await bounded.registry.getSingleMetricAsString('rostrum_ingress_connections_refused_total');
    expect(counted).toContain(`{reason="${reason}"} 1`);
    held[0]?.socket.destroy();
    await waitFor(async () => {
      const next = new RawClient(bounded.port).send(get);
      await Promise.race([once(next.socket, 'data'), once(next.socket, 'close')]);
      next.socket.destroy();
      return next.statuses.length === 1;
    });
    for (const client of held) client.socket.destroy();
    await bounded.drain();
  });
});

describe('a connection', () => {
  it('is closed after as many requests as it may have, the last one answered', async () => {
    const bounded = await startHttp({ MAX_REQUESTS_PER_CONNECTION: '3' });
    const client = new RawClient(bounded.port).send(get.repeat(5));
    expect(await client.end()).toEqual([200, 200, 200]);
    expect(client.received.match(/connection: close/gi)).toHaveLength(1);
    await bounded.drain();
  });
});

describe('a server that is told to stop', () => {
  /** One whose answers to `/slow` wait until they are let go. */
  async function stopping(notice: string) {
    const open = Promise.withResolvers<void>();
    const server = await startHttp({ DRAIN_NOTICE_MS: notice }, async (request) => {
      if (request.url === '/slow') await open.promise;
      return echo(request);
    });
    return { server, letGo: open.resolve };
  }

  it('answers what is under way and what comes during the notice, and says that it closes', async () => {
    const { server, letGo } = await stopping('200');
    const slow = new RawClient(server.port).send(`GET /slow HTTP/1.1\r\n${host}\r\n`);
    const idle = new RawClient(server.port).send(get);
    await idle.answers(1);
    const drained = server.drain();
    const late = new RawClient(server.port).send(get);
    expect(await late.end()).toEqual([200]);
    expect(late.received).toMatch(/connection: close/i);
    expect(await idle.send(get).end()).toEqual([200, 200]);
    // Nothing new is taken, while the one under way is still answered.
    await waitFor(async () => {
      const refused = new RawClient(server.port);
      await refused.end();
      return refused.error === 'ECONNREFUSED';
    });
    expect(slow.closed).toBe(false);
    letGo();
    expect(await slow.end()).toEqual([200]);
    await drained;
  });

  it('keeps a connection whose client has just connected for as long as the notice', async () => {
    const { server } = await stopping('300');
    const late = new RawClient(server.port);
    await once(late.socket, 'connect');
    const begun = performance.now();
    await Promise.all([server.drain(), late.end()]);
    expect(late.error).toBeUndefined();
    expect(performance.now() - begun).toBeGreaterThanOrEqual(290);
  });

  it('answers requests that were sent ahead in full, the last of them with the word that it closes', async () => {
    const { server, letGo } = await stopping('50');
    const client = new RawClient(server.port).send(`GET /slow HTTP/1.1\r\n${host}\r\n${get}`);
    await waitFor(() => server.answered.length === 1);
    const drained = server.drain();
    letGo();
    expect(await client.end()).toEqual([200, 200]);
    await drained;
  });

  it('still cuts off who takes too long', async () => {
    const server = await startHttp({ REQUEST_TIMEOUT_MS: '300', HEADERS_TIMEOUT_MS: '300', DRAIN_NOTICE_MS: '50' });
    const client = new RawClient(server.port);
    const ended = drip(client, `POST / HTTP/1.1\r\n${host}Content-Length: 900000\r\n\r\n`, 'x');
    await once(client.socket, 'connect');
    const drained = server.drain();
    expect(await ended).toEqual([408]);
    await drained;
  });
});
