import { namespace, useNats, useSentinel, waitFor } from '@rostrum/testkit';
import { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { joinClient, startReplica } from './client.ts';

const nats = useNats();
const group = useSentinel();

it('the primary is found by the sentinel, and so is the next one when it dies; what it had is there', async () => {
  const NAMESPACE = namespace();
  const redis = { REDIS_MODE: 'sentinel', REDIS_URL: group.sentinel.url, REDIS_SENTINEL_NAME: group.name };
  await using _ = await startReplica({
    NATS_URL: nats.url,
    NAMESPACE,
    ...redis,
    REDIS_TIMEOUT_MS: '400',
  });
  await using client = await joinClient(nats.url, NAMESPACE);
  expect(await client.ask('kept', 'a')).toMatchObject({ verdict: 'run', locked: true });
  expect(await client.fill('kept', 'a', { body: Buffer.from('x') })).toBe('taken');
  const other = new Redis(group.replica.url);
  try {
    await waitFor(async () => (await other.exists(`${NAMESPACE}:c:{kept}:v`)) === 1);
  } finally {
    other.disconnect();
  }

  await group.primary.stop('SIGKILL');
  await waitFor(async () => (await client.ask('any', 'a')).verdict === 'run');
  let keys = 0;
  // Until the sentinel has chosen, everyone is told to run.
  await waitFor(
    async () => {
      const answer = await client.ask(`key-${++keys}`, 'a');
      expect(answer.verdict).toBe('run');
      return answer.locked;
    },
    { timeoutMs: 12_000 },
  );
  expect(await client.ask('kept', 'b')).toMatchObject({ verdict: 'hit', text: 'x' });
  expect(await client.fill(`key-${keys}`, 'a', { body: Buffer.from('y') })).toBe('taken');

  // Back, it is a replica, and nobody takes it for the primary.
  await group.primary.start();
  expect(await client.ask(`key-${keys}`, 'b')).toMatchObject({ verdict: 'hit', text: 'y' });
});
