import { type Bus, joinBus } from '@rostrum/shared/bus';
import { type CacheSelection, decodeJson, encodeJson, purgeAsk } from '@rostrum/shared/messages';
import { queues } from '@rostrum/shared/subjects';
import { namespace, useNats } from '@rostrum/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { useCommandLine } from './command-line.ts';
import { type Replica, route, startReplica } from './replica.ts';

// Each call is a process of its own.
vi.setConfig({ testTimeout: 90_000 });

const nats = useNats();
const space = namespace();
let replica: Replica;
let bus: Bus;
/** What the cache was asked to purge. */
let asked: CacheSelection[] = [];
beforeEach(() => void (asked = []));
beforeAll(async () => {
  replica = await startReplica(nats.url, space);
  bus = await joinBus({ url: nats.url, namespace: space, service: 'cache', onFault: () => {} });
  bus.serve(bus.subjects.purge, queues.cache, async ({ payload }) => {
    asked.push(...decodeJson(purgeAsk, payload).selections);
    return encodeJson({ answers: 2, locks: 1 });
  });
  bus.serve(bus.subjects.cacheStats, queues.cache, async () =>
    encodeJson({ routes: { 'GET /a': { entries: 4, bytes: 500 } } }),
  );
  const routes = [route('GET', '/a', { cacheConfig: { key: 'k', ttlInSecond: 300 } })];
  await replica.send('POST', '/services', { id: 'orders', path: '/orders', routes });
  await replica.send('POST', '/services', { id: 'plain', path: '/plain', routes: [route('GET', '/')] });
});
afterAll(async () => {
  await bus.close();
  await replica.drain();
});
const { rostrum } = useCommandLine(() => replica);

describe('rostrum cache', () => {
  it('purges a key of a route without asking', async () => {
    const done = await rostrum(['cache', 'purge', '--service', 'orders', '--route', 'get /a', '--key', 'k']);
    expect(done).toEqual({ code: 0, out: 'purged 2 answers; 1 execution under way will not be stored\n', err: '' });
    expect(asked).toEqual([{ service: 'orders', route: 'GET /a', label: 'k' }]);
  });

  it('purges more than a key only where it is told not to ask, or can ask', async () => {
    const prefix = ['cache', 'purge', '--service', 'orders', '--key-prefix', 'cust'];
    expect(await rostrum(prefix)).toMatchObject({ code: 2, out: '', err: expect.stringContaining('--yes') });
    expect(asked).toEqual([]);
    const done = await rostrum([...prefix, '--yes', '--json']);
    expect(JSON.parse(done.out)).toEqual({ answers: 2, locks: 1 });
    expect(asked).toEqual([{ service: 'orders', labelPrefix: 'cust' }]);
  });

  it.each([
    [['--service', 'orders', '--tag', 'a:b'], 2, '--tag goes alone'],
    [['--key', 'k'], 2, '--service'],
    [['--service', 'orders', '--key', 'k', '--key-prefix', 'k'], 2, 'not both'],
    [['--service', 'orders', '--key-prefix', ''], 2, 'is empty'],
    [['--service', 'orders', '--route', '/a', '--yes'], 2, 'GET /things/{id}'],
    [['--tag', 'no:body', '--yes'], 1, 'There is no service or route with the tag "no:body".'],
  ])('refuses %j and says why', async (args, code, why) => {
    const refused = await rostrum(['cache', 'purge', ...args]);
    expect(refused).toMatchObject({ code, out: '', err: expect.stringContaining(why) });
    expect(asked).toEqual([]);
  });

  it('shows what is stored and how it is used, of those that have a cache, and what it cannot tell', async () => {
    const { code, out, err } = await rostrum(['cache', 'stats']);
    expect(code).toBe(0);
    expect(out).toMatch(
      /^SERVICE +ROUTE +ENTRIES +BYTES +HITS .*\norders +GET \/a +4 +500 +- .*\norders +\(all\) +4 +/,
    );
    expect(out).not.toContain('plain');
    expect(err).toContain('the config service needs REDIS_URL');
    const { out: json } = await rostrum(['cache', 'stats', '--service', 'orders', '--json']);
    expect(JSON.parse(json)).toMatchObject([{ service: 'orders', entries: 4, routes: { 'GET /a': { bytes: 500 } } }]);
  });
});

it('rostrum secrets rotate seals every secret anew', async () => {
  const done = await rostrum(['secrets', 'rotate']);
  expect(done).toMatchObject({ code: 0, err: '' });
  expect(done.out).toMatch(/^sealed \d+ secrets? with the data key \S+, under the master key \S+\n$/);
});
