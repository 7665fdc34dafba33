import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll } from 'vitest';

/**
 * An HTTP server for tasks to call, on a free port. It must be reached from where the tested servers run: a real server
 * in a container needs `CONFORMANCE_HTTP_HOST`, the name or address under which it sees this machine.
 *
 * - `/json`: some JSON and headers; `/echo`: what was asked, as JSON
 * - `/answer?status=&type=&body=&location=`: an answer as wanted
 * - `/slow?ms=`: a late one; `/hang-up`: none; `/loop`: a redirect to itself
 * - `/count?key=&status=&good=`: that status, or 200 from the call on that `good` says; how often it was asked under the
 *   key: the body
 */
export function useHttpTarget(): { url(): string } {
  const counts = new Map<string, number>();
  const server = createServer((request, response) => void answer(counts, request, response));
  const host = process.env.CONFORMANCE_HTTP_HOST;
  beforeAll(() => new Promise<void>((resolve) => void server.listen(0, host ? '0.0.0.0' : '127.0.0.1', resolve)));
  afterAll(() => server.close().closeAllConnections());
  return { url: () => `http://${host ?? '127.0.0.1'}:${(server.address() as AddressInfo).port}` };
}

async function answer(counts: Map<string, number>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://target');
  const wanted = (name: string) => searchParams.get(name) ?? undefined;
  response.setHeader('content-type', wanted('type') ?? 'application/json');
  response.statusCode = Number(wanted('status') ?? 200);
  let body = '';
  for await (const piece of request) body += piece;
  if (pathname === '/json') {
    response.setHeader('X-One', '1');
    response.setHeader('X-Two', ['a', 'b']);
    response.end('{"a": [1, 2.5, {"b": null}], "c": "x"}');
  } else if (pathname === '/echo') {
    const { host: _, connection: __, 'user-agent': ___, ...headers } = request.headers;
    response.end(JSON.stringify({ method: request.method, url: request.url, body, headers }));
  } else if (pathname === '/slow') setTimeout(() => response.end('"late"'), Number(wanted('ms')));
  else if (pathname === '/loop') response.writeHead(302, { location: '/loop' }).end();
  else if (pathname === '/hang-up') request.socket.destroy();
  else if (pathname === '/count') {
    const key = wanted('key') ?? '';
    counts.set(key, (counts.get(key) ?? 0) + 1);
    if ((counts.get(key) ?? 0) >= Number(wanted('good') ?? Number.POSITIVE_INFINITY)) response.statusCode = 200;
    response.end(String(counts.get(key)));
  } else {
    const location = wanted('location');
    if (location !== undefined) response.setHeader('location', location);
    response.end(wanted('body') ?? '');
  }
}
