import { cacheKey } from '@rostrum/shared/cache-key';
import { decodeJson, encodeJson, purgeAnswer } from '@rostrum/shared/messages';
import { asUser, newPasswords, operator, redisAcl } from '@rostrum/stack';
import { namespace, useNats, useRedisCluster, waitFor } from '@rostrum/testkit';
import slotOf from 'cluster-key-slot';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cacheKeys } from '../src/redis/keys.ts';
import { type Client, joinClient, startReplica } from './client.ts';

const NAMESPACE = namespace();
const passwords = newPasswords().redis;
const nats = useNats();
const cluster = useRedisCluster({ acl: redisAcl(NAMESPACE, passwords), password: passwords.operator });
const stack = new AsyncDisposableStack();
const redisKeys = cacheKeys(NAMESPACE);
/** As operators. */
const nodes: Redis[] = [];
let client: Client;
let ops: string;

beforeAll(async () => {
  const env = {
    NATS_URL: nats.url,
    NAMESPACE,
    REDIS_MODE: 'cluster',
    // Two of the three: the others are found.
    REDIS_URL: asUser(cluster.url.split(',').slice(0, 2).join(','), 'cache', passwords.cache),
    REDIS_TIMEOUT_MS: '400',
  };
  ops = stack.use(await startReplica(env)).addresses.ops as string;
  client = stack.use(await joinClient(nats.url, NAMESPACE));
  for (const { url } of cluster.servers) {
    nodes.push(stack.adopt(new Redis(asUser(url, operator, passwords.operator)), (redis) => redis.disconnect()));
  }
});
afterAll(() => stack.disposeAsync());

/** Each server has an equal share of the slots. */
const serverOf = (key: string) => Math.floor(slotOf(redisKeys.value(key)) / Math.ceil(16_384 / 3));
/** Keys of this server. */
function keysOf(server: number, count: number, prefix: string): string[] {
  const found: string[] = [];
  for (let n = 0; found.length < count; n++) if (serverOf(`${prefix}-${n}`) === server) found.push(`${prefix}-${n}`);
  return found;
}
const metric = async (name: string) =>
  Number(new RegExp(`^${name} (\\d+)`, 'm').exec(await (await fetch(`${ops}/metrics`)).text())?.[1]);

it('asks of one turn, and their fills, reach all servers', async () => {
  const keys = Array.from({ length: 60 }, (_, n) => `k-${n}`);
  const asked = await Promise.all(keys.map((key) => client.ask(key, 'a')));
  expect(asked.every(({ verdict, locked }) => verdict === 'run' && locked)).toBe(true);
  expect((await client.ask('k-1', 'b')).verdict).toBe('wait');
  await Promise.all(keys.map((key) => client.fill(key, 'a', { body: Buffer.from(key) })));
  const answers = await Promise.all(keys.map((key) => client.ask(key, 'b')));
  expect(answers.map(({ verdict, text }) => `${verdict} ${text}`)).toEqual(keys.map((key) => `hit ${key}`));
  expect(new Set(keys.map(serverOf)).size).toBe(3);
  for (const redis of nodes) expect(await redis.dbsize()).toBeGreaterThan(0);
});

it('one of 100 identical asks runs', async () => {
  const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => client.ask('herd', `holder-${n}`)));
  expect(answers.filter(({ verdict }) => verdict === 'run')).toHaveLength(1);
  expect(answers.filter(({ verdict }) => verdict === 'wait')).toHaveLength(99);
});

it('a replica has one connection to each server, and one more for the slots', async () => {
  const lists = await Promise.all(nodes.map((redis) => redis.client('LIST') as Promise<string>));
  const own = lists.map((list) => list.split('\n').filter((line) => line.includes(' user=cache ')).length);
  for (const count of own) expect(count).toBeGreaterThanOrEqual(1);
  expect(own.reduce((sum, count) => sum + count)).toBeLessThanOrEqual(4);
});

it('a purge reaches all servers', async () => {
  const keys = Array.from({ length: 40 }, (_, n) => cacheKey('shop', `${n}`));
  expect(new Set(keys.map(serverOf)).size).toBe(3);
  const of = { service: 'shop', route: 'GET /a' };
  for (const key of keys) await client.ask(key, 'a', { ...of, label: 'l' });
  for (const key of keys.slice(0, 30)) await client.fill(key, 'a', { body: Buffer.from('x') });
  const payload = encodeJson({ selections: [of] });
  const answer = await client.bus.request(client.bus.subjects.purge, payload, { timeoutMs: 5_000 });
  expect(decodeJson(purgeAnswer, answer)).toMatchObject({ answers: 30, locks: 10 });
  const after = await Promise.all(keys.map((key) => client.ask(key, 'b', of)));
  expect(after.every(({ verdict, locked }) => verdict === 'run' && locked)).toBe(true);
});

it('a slot that has moved is found', async () => {
  const [key = ''] = keysOf(0, 1, 'moved');
  const slot = slotOf(redisKeys.value(key));
  const id = (await nodes[1]?.call('CLUSTER', 'MYID')) as string;
  for (const redis of [nodes[1], nodes[0]]) await redis?.call('CLUSTER', 'SETSLOT', slot, 'NODE', id);
  await waitFor(async () => (await client.ask(key, 'a')).locked);
  expect(await client.fill(key, 'a', { body: Buffer.from('x') })).toBe('taken');
  expect(await client.ask(key, 'b')).toMatchObject({ verdict: 'hit', text: 'x' });
});

it('a server that is frozen is left alone, and the others are not', async () => {
  const [there, frozen] = [keysOf(0, 40, 'there'), keysOf(2, 40, 'frozen')];
  process.kill(cluster.servers[2]?.pid as number, 'SIGSTOP');
  try {
    await waitFor(async () => {
      expect(await client.ask(frozen.pop() as string, 'a')).toMatchObject({ verdict: 'run', locked: false });
      return (await metric('rostrum_cache_redis_left_alone')) === 1;
    });
    const start = performance.now();
    const asked = await Promise.all(frozen.map((key) => client.ask(key, 'a')));
    expect(performance.now() - start).toBeLessThan(350);
    expect(asked.every(({ verdict, locked }) => verdict === 'run' && !locked)).toBe(true);
    const others = await Promise.all(there.map((key) => client.ask(key, 'a')));
    expect(others.every(({ verdict, locked }) => verdict === 'run' && locked)).toBe(true);
  } finally {
    process.kill(cluster.servers[2]?.pid as number, 'SIGCONT');
  }
  await waitFor(async () => (await metric('rostrum_cache_redis_left_alone')) === 0);
  await waitFor(async () => (await client.ask(frozen[0] as string, 'b')).locked);
});
