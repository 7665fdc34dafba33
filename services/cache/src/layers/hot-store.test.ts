import { expect, it, vi } from 'vitest';
import type { CacheStore, Entry, Lookup } from '../store.ts';
import { HotStore } from './hot-store.ts';

/** The store's time at first. */
const NOW = 1_000_000;

/** A store with these answers in it, and a clock to be moved. */
function newHot(stored: Record<string, Entry>, maxBytes = 100_000) {
  const clock = { ms: 0 };
  const lookup = vi.fn(
    async (keys: readonly string[]): Promise<Lookup> => ({
      entries: new Map(keys.flatMap((key) => (stored[key] ? [[key, stored[key]]] : []))),
      now: NOW + clock.ms,
    }),
  );
  const inner: Partial<CacheStore> = {
    lookup,
    settle: async () => ({ taken: true, stored: true, waited: false }),
    purge: async () => ({ answers: 0, locks: 0, waited: [] }),
  };
  const hot = new HotStore(inner as CacheStore, { maxBytes, now: () => clock.ms });
  const twice = async (...keys: string[]) => {
    await hot.lookup(keys);
    await hot.lookup(keys);
  };
  return { hot, clock, lookup, twice };
}

function value(text: string, freshMs = 60_000): Entry {
  const freshUntil = NOW + freshMs;
  const until = { freshUntil, whileRevalidateUntil: freshUntil + 9_000, ifErrorUntil: freshUntil };
  return { kind: 'answer', coding: 0, body: Buffer.from(text), meta: '', etag: '', runMs: 0, madeAt: NOW, ...until };
}

it('an answer is at hand from the second time on that it was looked up', async () => {
  const { hot } = newHot({ a: value('x') });
  await hot.lookup(['a', 'missing']);
  expect(hot.peek('a')).toBeUndefined();
  await hot.lookup(['a', 'missing']);
  expect(Buffer.from(hot.peek('a')?.entry.body ?? []).toString()).toBe('x');
  expect(hot.peek('missing')).toBeUndefined();
});

it('it is for a second, counted from before it was looked up, and its time goes on', async () => {
  const { hot, clock, lookup, twice } = newHot({});
  lookup.mockImplementation(async () => {
    clock.ms += 300;
    return { entries: new Map([['a', value('x')]]), now: NOW + clock.ms };
  });
  await twice('a');
  expect(clock.ms).toBe(600);
  clock.ms = 1_299;
  const { now = 0 } = hot.peek('a') ?? {};
  expect(now, 'not behind the store').toBeGreaterThanOrEqual(NOW + clock.ms);
  expect(now).toBeLessThanOrEqual(NOW + clock.ms + 350);
  clock.ms = 1_300;
  expect(hot.peek('a')).toBeUndefined();
});

it('it is never given past its freshness', async () => {
  const { hot, clock, twice } = newHot({ stale: value('x', 0), a: value('x', 400) });
  await twice('stale', 'a');
  expect(hot.peek('stale')).toBeUndefined();
  clock.ms = 399;
  expect(hot.peek('a')).toBeDefined();
  clock.ms = 400;
  expect(hot.peek('a')).toBeUndefined();
});

it('a purge forgets what is held, and what is being looked up', async () => {
  const { hot, lookup, twice } = newHot({ a: value('x') });
  await twice('a');
  await hot.purge({ service: 's' });
  expect(hot.peek('a')).toBeUndefined();
  const answer = Promise.withResolvers<Lookup>();
  lookup.mockReturnValueOnce(answer.promise);
  const looking = hot.lookup(['a']);
  hot.forget();
  answer.resolve({ entries: new Map([['a', value('from before')]]), now: NOW });
  expect((await looking).entries.size).toBe(1);
  expect(hot.peek('a')).toBeUndefined();
});

it('a fill forgets its key', async () => {
  const { hot, twice } = newHot({ a: value('x') });
  await twice('a');
  await hot.settle('a', 'h', undefined);
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

it('those who ask within 50 ms are given the same, as it will be by then', async () => {
  const { hot, clock, twice } = newHot({ a: value('x') });
  await twice('a');
  const first = hot.peek('a');
  expect(first?.now).toBe(NOW + 50);
  clock.ms = 49;
  expect(hot.peek('a')).toBe(first);
  clock.ms = 50;
  expect(hot.peek('a')?.now).toBe(NOW + 100);
});

it('what is held is a copy: it does not keep alive, or change with, what Redis’s client read', async () => {
  const buffer = Buffer.from('xyz');
  const { hot, twice } = newHot({ a: { ...value(''), body: buffer.subarray(1) } });
  await twice('a');
  buffer.fill('0');
  const body = hot.peek('a')?.entry.body;
  expect(Buffer.from(body ?? []).toString()).toBe('yz');
  expect(body?.buffer.byteLength).toBe(2);
});
