import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { checkNats, checkNode, checkRedis, clockFinding } from './checks.ts';

it('a clock that is more than 30 s off is found, whichever way; whole seconds are not', () => {
  const now = Date.parse('2026-01-01T00:00:00.900Z');
  expect(clockFinding('Thu, 01 Jan 2026 00:00:00 GMT', now).state).toBe('fine');
  expect(clockFinding('Thu, 01 Jan 2026 00:01:00 GMT', now)).toMatchObject({
    state: 'bad',
    detail: expect.stringContaining('ahead of'),
  });
  expect(clockFinding('Wed, 31 Dec 2025 23:59:00 GMT', now)).toMatchObject({
    state: 'bad',
    detail: expect.stringContaining('behind'),
  });
  expect(clockFinding(null, now).state).toBe('skipped');
});

it('an old Node is found', () => {
  expect(['22.17.0', '20.0.0', '22.18.0', '24.0.0'].map((version) => checkNode(version).state)).toEqual([
    'bad',
    'bad',
    'fine',
    'fine',
  ]);
});

/** A server that says this to whoever connects, and this to what they say. */
async function server(greeting: string, answer: string) {
  const listening = createServer((socket) => {
    socket.on('error', () => {});
    socket.write(greeting);
    socket.on('data', () => socket.write(answer));
  }).listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const { port } = listening.address() as AddressInfo;
  return { port, [Symbol.dispose]: () => void listening.close() };
}

it('NATS without JetStream, and one that lets nobody in, are found', async () => {
  const info = (more: string) => `INFO {"version":"2.15.0"${more}} \r\n`;
  using plain = await server(info(''), 'PONG\r\n');
  expect(await checkNats(`nats://127.0.0.1:${plain.port}`)).toMatchObject({
    state: 'bad',
    advice: expect.stringContaining('--jetstream'),
  });
  using locked = await server(info(',"jetstream":true'), "-ERR 'Authorization Violation'\r\n");
  expect(await checkNats(`nats://127.0.0.1:${locked.port}`)).toMatchObject({
    state: 'bad',
    detail: 'Authorization Violation',
  });
  using open = await server(info(',"jetstream":true'), 'PONG\r\n');
  expect(await checkNats(`127.0.0.1:9,127.0.0.1:${open.port}`), 'one of several is enough').toMatchObject({
    state: 'fine',
  });
});

it('Redis that wants a password is found', async () => {
  using redis = await server('', '-NOAUTH Authentication required.\r\n');
  expect(await checkRedis(`redis://127.0.0.1:${redis.port}`)).toMatchObject({
    state: 'bad',
    advice: expect.stringContaining('password'),
  });
});
