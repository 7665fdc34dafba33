import { connect } from '@nats-io/transport-node';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { namespace, useNats, useRedis, waitFor } from '../src/index.ts';

const nats = useNats({ config: 'max_payload: 65536' });
const redis = useRedis();

test('NATS is real, has JetStream and the configuration that was given', async () => {
  const connection = await connect({ servers: nats.url });
  expect(connection.info).toMatchObject({ jetstream: true, max_payload: 65_536 });
  await connection.close();
});

test('Redis keeps its port and its data over a restart', async () => {
  const before = redis.url;
  await using first = closing(new Redis(redis.url));
  await first.client.set('key', 'value');
  await redis.restart();
  expect(redis.url).toBe(before);
  await using second = closing(new Redis(redis.url));
  expect(await second.client.get('key')).toBe('value');
});

test('a server can be killed, stays away, and comes back', async () => {
  const pid = nats.pid;
  await nats.stop('SIGKILL');
  await expect(connect({ servers: nats.url, reconnect: false, timeout: 1_000 })).rejects.toThrow();
  await nats.start();
  expect(nats.pid).not.toBe(pid);
  await (await connect({ servers: nats.url })).close();
});

test('waitFor gives the value, and names what did not come', async () => {
  let looks = 0;
  expect(await waitFor(() => ++looks === 3 && 'third')).toBe('third');
  const failing = waitFor(() => Promise.reject(new Error('no luck')), { timeoutMs: 20, what: 'a miracle' });
  await expect(failing).rejects.toThrow('Waited 20 ms for a miracle; the last look: no luck');
});

test('name spaces differ and suit NATS subjects and Redis keys', () => {
  expect(namespace()).not.toBe(namespace());
  expect(namespace()).toMatch(/^[a-z0-9-]+$/);
});

function closing(client: Redis) {
  return { client, [Symbol.asyncDispose]: async () => client.disconnect() };
}
