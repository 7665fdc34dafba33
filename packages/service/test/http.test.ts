import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { closeHttp } from '../src/http.ts';

it('a server that closes answers the request under way, and is not held by the connection that its client keeps', async () => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const server = createServer((_request, response) => {
    asked.resolve();
    void answer.promise.then(() => response.end('answered'));
  }).listen(0, '127.0.0.1');
  server.keepAliveTimeout = 60_000;
  await once(server, 'listening');
  const agent = new Agent({ keepAlive: true });
  const response = once(get({ port: (server.address() as AddressInfo).port, agent }), 'response');
  await asked.promise;

  const close = () => new Promise((resolve) => server.close(resolve));
  const closed = closeHttp({ server, close });
  answer.resolve();
  const [message] = (await response) as [IncomingMessage];
  expect(message.headers.connection).toBe('keep-alive');
  expect(Buffer.concat(await message.toArray()).toString()).toBe('answered');
  await closed;
  agent.destroy();
});
