import { type Service, startService } from '@rostrum/stack';
import { namespace, useNats, useRedis } from '@rostrum/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Client, joinClient } from './client.ts';

const nats = useNats();
const redis = useRedis();
const NAMESPACE = namespace();
const stack = new AsyncDisposableStack();
let replicas: [Service, Service];
let client: Client;

beforeAll(async () => {
  const env = { NATS_URL: nats.url, REDIS_URL: redis.url, NAMESPACE, OPS_PORT: '0', REDIS_TIMEOUT_MS: '5000' };
  const start = (name: string) => startService('cache', env, { name });
  replicas = await Promise.all([start('cache-1'), start('cache-2')]);
  for (const replica of replicas) stack.defer(() => void replica.stop('SIGKILL'));
  client = stack.use(await joinClient(nats.url, NAMESPACE));
});
afterAll(() => stack.disposeAsync());

it('two processes share the asks, and one of 200 for a key is told to run', async () => {
  const answers = await Promise.all(
    Array.from({ length: 200 }, async (_, n) => {
      // Not in one message: both replicas are to get some.
      for (let turn = 0; turn < n % 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      return client.ask('herd', `holder-${n}`);
    }),
  );
  expect(answers.filter(({ verdict }) => verdict === 'run')).toHaveLength(1);
  expect(answers.filter(({ verdict }) => verdict === 'wait')).toHaveLength(199);
  for (const replica of replicas) {
    const metrics = await (await fetch(`${replica.ready.ops}/metrics`)).text();
    expect(metrics).toMatch(/rostrum_cache_asks_total\{verdict="wait"\} [1-9]/);
  }
});

it('the one replica fills what the other locked, and the other drains without losing an ask', async () => {
  expect((await client.ask('shared', 'a')).verdict).toBe('run');
  const replica = { drained: false };
  const exit = replicas[0].stop('SIGTERM').finally(() => {
    replica.drained = true;
  });
  for (let n = 0; !replica.drained; n++) {
    expect((await client.ask('shared', `b-${n}`)).verdict).toBe('wait');
  }
  expect(await exit).toMatchObject({ code: 0 });
  expect(await client.fill('shared', 'a', { body: Buffer.from('x') })).toBe('taken');
  expect(await client.ask('shared', 'c')).toMatchObject({ verdict: 'hit', text: 'x' });
});
