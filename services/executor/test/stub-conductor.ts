import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type StubAnswer = (response: ServerResponse, request: IncomingMessage, body: string) => void;

/** A Conductor that can be made to do what a real one cannot: answer garbage, cut the line, be slow. */
export async function stubConductor() {
  const answers = new Map<string, StubAnswer>();
  const calls: { method: string; path: string; body: string; token: string | undefined }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      const path = (request.url ?? '').split('?', 1)[0] as string;
      calls.push({
        method: request.method ?? '',
        path,
        body,
        token: request.headers['x-authorization'] as string | undefined,
      });
      const found = [...answers].find(([pattern]) => `${request.method} ${path}`.startsWith(pattern));
      if (found) found[1](response, request, body);
      else response.writeHead(404).end('{"status":404,"message":"not here"}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`,
    calls,
    /** `pattern` is `METHOD /path`, or the beginning of it; the path includes `/api`. */
    on(pattern: string, answer: StubAnswer) {
      answers.set(pattern, answer);
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export const json =
  (value: unknown, status = 200): StubAnswer =>
  (response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));

export const text =
  (value: string, status = 200): StubAnswer =>
  (response) =>
    void response.writeHead(status, { 'content-type': 'text/plain' }).end(value);
