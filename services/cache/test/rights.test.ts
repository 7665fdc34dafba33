import { namespace, useNats, useRedis, waitFor } from '@rostrum/testkit';
import { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { joinClient, startReplica } from './client.ts';

const NAMESPACE = namespace();

/** What the cache's users need: nothing more is to be granted in an installation. */
const natsUsers = `
authorization {
  users: [
    { user: client, password: client }
    { user: cache, password: pass, permissions: {
      subscribe: ["${NAMESPACE}.cache cache", "${NAMESPACE}.fill cache", "${NAMESPACE}.inbox.cache.>"]
      publish: ["${NAMESPACE}.filled", "${NAMESPACE}.inbox.>"]
    } }
  ]
}`;
const redisRules = `resetchannels -@all ~${NAMESPACE}:c:*
  +hello +auth +info +time +mget +eval +evalsha
  +get +getrange +set +del +hget +hset +hexists +pexpire +pttl`.split(/\s+/);

const nats = useNats({ config: natsUsers });
const redis = useRedis();

it('a replica does all its work as users of NATS and Redis that may do nothing else', async () => {
  const admin = new Redis(redis.url);
  await admin.call('ACL', 'SETUSER', 'cache', 'on', '>pass', ...redisRules);
  admin.disconnect();
  const as = (url: string, who: string) => url.replace('://', `://${who}@`);
  const REDIS_URL = as(redis.url, 'cache:pass');
  await using _ = await startReplica({
    NATS_URL: as(nats.url, 'cache:pass'),
    REDIS_URL,
    NAMESPACE,
    REDIS_TIMEOUT_MS: '5000',
  });
  await using client = await joinClient(as(nats.url, 'client:client'), NAMESPACE);

  expect(await client.ask('k', 'a')).toMatchObject({ verdict: 'run', locked: true });
  expect(await client.ask('k', 'b')).toMatchObject({ verdict: 'wait' });
  expect(await client.fill('k', 'a', { body: Buffer.from('x') })).toBe('taken');
  await waitFor(() => client.notices.length === 1);
  expect(await client.fill('k', 'a', { body: Buffer.from('x') })).toBe('taken');
  expect(await client.ask('k', 'b')).toMatchObject({ verdict: 'hit', text: 'x' });
});
