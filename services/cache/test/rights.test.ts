import { cacheKey } from '@rostrum/shared/cache-key';
import { cacheStatsAnswer, decodeJson, encodeJson, purgeAnswer } from '@rostrum/shared/messages';
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

  const { purge, cacheStats } = client.bus.subjects;
  const request = (subject: string, what: unknown) =>
    client.bus.request(subject, encodeJson(what), { timeoutMs: 5_000 });
  const key = cacheKey('s', 'k');
  const named = { service: 's', route: 'GET /', label: 'k' };
  const purged = async (selection: object) =>
    decodeJson(purgeAnswer, await request(purge, { selections: [{ service: 's', ...selection }] }));
  // A lock that is over is swept from the index by the next.
  await client.ask(cacheKey('s', 'k'), 'a', { ...named, lockMs: 1 });
  await waitFor(async () => (await client.ask(key, 'b', named)).verdict === 'run');
  expect(await client.fill(key, 'b', { body: Buffer.from('x') })).toBe('taken');
  const { routes, fault } = decodeJson(cacheStatsAnswer, await request(cacheStats, { service: 's' }));
  expect([fault, routes['GET /']?.entries]).toEqual([undefined, 1]);
  expect(await purged({ label: 'other' })).toEqual({ answers: 0, locks: 0 });
  expect(await purged({})).toEqual({ answers: 1, locks: 0 });
});
