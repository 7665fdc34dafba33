import { asUser, natsAuthorization, newPasswords, operator, redisAcl } from '@rostrum/stack';
import { namespace, useNats, useRedis, waitFor } from '@rostrum/testkit';
import { expect, it } from 'vitest';
import { joinClient, startReplica } from './client.ts';

const NAMESPACE = namespace();
const passwords = newPasswords();
const nats = useNats({ config: natsAuthorization(NAMESPACE, passwords.nats) });
const redis = useRedis({ acl: redisAcl(NAMESPACE, passwords.redis) });

it('a replica does all its work as users of NATS and Redis that may do nothing else', async () => {
  await using _ = await startReplica({
    NATS_URL: asUser(nats.url, 'cache', passwords.nats.cache),
    REDIS_URL: asUser(redis.url, 'cache', passwords.redis.cache),
    NAMESPACE,
    REDIS_TIMEOUT_MS: '5000',
  });
  await using client = await joinClient(asUser(nats.url, operator, passwords.nats[operator]), NAMESPACE);

  expect(await client.ask('k', 'a')).toMatchObject({ verdict: 'run', locked: true });
  expect(await client.ask('k', 'b')).toMatchObject({ verdict: 'wait' });
  expect(await client.fill('k', 'a', { body: Buffer.from('x') })).toBe('taken');
  await waitFor(() => client.notices.length === 1);
  expect(await client.fill('k', 'a', { body: Buffer.from('x') })).toBe('taken');
  expect(await client.ask('k', 'b')).toMatchObject({ verdict: 'hit', text: 'x' });
});
