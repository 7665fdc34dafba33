import { createLogger } from '@rostrum/service/logger';
import { namespace, useRedis, waitFor } from '@rostrum/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Claims } from '../../src/idempotency/claims.ts';
import { openRedis, type RedisClient } from '@rostrum/redis';

const server = useRedis();
const log = createLogger('test', 'silent');
let client: RedisClient;
beforeAll(async () => {
  client = await openRedis(server.url, { log });
});
afterAll(() => client.close());

const name = { key: 'k', digest: 'of the request' };

test('a claim that could not be withdrawn is withdrawn when Redis is back', async () => {
  const claims = new Claims(client, namespace(), 60);
  const standing = await claims.take(name, 60_000);
  if (standing.kind !== 'claimed') throw new Error(standing.kind);
  await server.stop();
  await standing.claim.withdraw();
  await server.start();
  await waitFor(async () => (await claims.take(name, 60_000)).kind === 'claimed');
});

test('a claim that Redis made and could not tell of is withdrawn', async () => {
  const ns = namespace();
  const claims = new Claims(client, ns, 60);
  process.kill(server.pid as number, 'SIGSTOP');
  const refused = await claims.take(name, 60_000).catch((error: Error) => error.name);
  process.kill(server.pid as number, 'SIGCONT');
  expect(refused).toBe('ClaimsUnavailable');
  await waitFor(() => client.ready);
  await waitFor(async () => (await claims.take(name, 60_000)).kind === 'claimed');
});
