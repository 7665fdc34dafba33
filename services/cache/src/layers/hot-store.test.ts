import { cacheFill } from '@rostrum/shared/messages';
import { expect, it, vi } from 'vitest';
import type { CacheStore, FreshValue, Lookup } from '../store.ts';
import { HotStore } from './hot-store.ts';

/** A store with these answers in it, and a clock to be moved. */
function newHot(stored: Record<string, FreshValue>, maxBytes = 100_000) {
  const clock = { ms: 0 };
  const lookup = vi.fn(
    async (keys: readonly string[]): Promise<Lookup> => ({
      values: new Map(keys.flatMap((key) => (stored[key] ? [[key, stored[key]]] : []))),
      now: 1,
    }),
  );
  const settle = vi.fn(async () => ({ taken: true, stored: true, waited: false }));
  const hot = new HotStore({ lookup, settle } as Partial<CacheStore> as CacheStore, { maxBytes, now: () => clock.ms });
  const twice = async (...keys: string[]) => {
    await hot.lookup(keys);
    await hot.lookup(keys);
  };
  return { hot, clock, lookup, twice };
}

const value = (text: string, ttlSeconds = 60): FreshValue => ({ body: Buffer.from(text), ttlSeconds });

it('an answer is at hand from the second time on that it was looked up', async () => {
  const { hot } = newHot({ a: value('x') });
  await hot.lookup(['a', 'missing']);
  expect(hot.peek('a')).toBeUndefined();
  await hot.lookup(['a', 'missing']);
  expect(Buffer.from(hot.peek('a')?.body ?? []).toString()).toBe('x');
  expect(hot.peek('missing')).toBeUndefined();
});

it('it is for a second, counted from before it was looked up, and its time runs', async () => {
  const { hot, clock, lookup, twice } = newHot({ a: value('x', 60) });
  lookup.mockImplementation(async () => {
    clock.ms += 300;
    return { values: new Map([['a', value('x', 60)]]), now: 1 };
  });
  await twice('a');
  expect(clock.ms).toBe(600);
  expect(hot.peek('a')?.ttlSeconds).toBe(59);
  clock.ms = 1_299;
  expect(hot.peek('a')).toBeDefined();
  clock.ms = 1_300;
  expect(hot.peek('a')).toBeUndefined();
});

it('it is never given past its freshness', async () => {
  const { hot, clock, twice } = newHot({ none: value('x', 0), a: value('x', 1) });
  await twice('none', 'a');
  expect(hot.peek('none')).toBeUndefined();
  expect(hot.peek('a')).toBeDefined();
  clock.ms = 1_000;
  expect(hot.peek('a')).toBeUndefined();
});

it('a purge forgets what is held, and what is being looked up', async () => {
  const { hot, lookup, twice } = newHot({ a: value('x') });
  await twice('a');
  hot.purge();
  expect(hot.peek('a')).toBeUndefined();
  const answer = Promise.withResolvers<Lookup>();
  lookup.mockReturnValueOnce(answer.promise);
  const looking = hot.lookup(['a']);
  hot.purge();
  answer.resolve({ values: new Map([['a', value('from before')]]), now: 1 });
  expect((await looking).values.size).toBe(1);
  expect(hot.peek('a')).toBeUndefined();
});

it('a fill forgets its key', async () => {
  const { hot, twice } = newHot({ a: value('x') });
  await twice('a');
  const none = new Uint8Array(0);
  await hot.settle(
    cacheFill.complete({ key: 'a', holder: 'h', result: 'stored', ttlSeconds: 1, body: none, problem: none }),
    true,
  );
  expect(hot.peek('a')).toBeUndefined();
});

it('holds no more than it may, none that is large, and keeps what is asked for through others that are not', async () => {
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`k${n}`, value('x'.repeat(1_000))]));
  const { hot, twice } = newHot({ ...many, large: value('x'.repeat(10_000)), hot: value('x') });
  await twice('large', 'hot');
  expect(hot.peek('large')).toBeUndefined();
  for (const key of Object.keys(many)) await hot.lookup([key]);
  expect(hot.peek('hot')).toBeDefined();
  for (const key of Object.keys(many)) await hot.lookup([key]);
  expect(hot.bytes).toBeGreaterThan(50_000);
  expect(hot.bytes).toBeLessThanOrEqual(100_000);
});

it('what is held is a copy: it does not keep alive, or change with, what Redis’s client read', async () => {
  const buffer = Buffer.from('xyz');
  const { hot, twice } = newHot({ a: { body: buffer.subarray(1), ttlSeconds: 9 } });
  await twice('a');
  buffer.fill('0');
  const body = hot.peek('a')?.body;
  expect(Buffer.from(body ?? []).toString()).toBe('yz');
  expect(body?.buffer.byteLength).toBe(2);
});
