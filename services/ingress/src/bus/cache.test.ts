import { type Bus, BusError, type BusFault } from '@rostrum/shared/bus';
import { cacheAnswer, cacheAsk } from '@rostrum/shared/messages';
import { expect, it } from 'vitest';
import { createCache } from './cache.ts';

const answer = cacheAnswer.complete({ verdict: 'run', locked: true, lockMs: 9, ttlSeconds: 0, body: Buffer.alloc(0) });
const ask = cacheAsk.complete({ key: 's.0}.k', holder: 'h', lockMs: 1_000, service: 's', route: 'GET /', label: 'l' });

/** A cache that fails so for what it cannot read, as one of the release before does. */
function old(fault: BusFault) {
  const versions: number[] = [];
  const bus = {
    subjects: { cache: 'cache', filled: 'filled' },
    listen() {},
    async request(_: string, payload: Uint8Array) {
      versions.push(payload[0] as number);
      if (payload[0] !== 3) throw new BusError(fault, fault);
      return cacheAnswer.encode(answer);
    },
  } as unknown as Bus;
  return { versions, cache: createCache(bus, () => {}) };
}

it('a cache of the release before is asked in its own words, where they say the same', async () => {
  const { versions, cache } = old('malformed');
  expect(await cache.ask(ask)).toMatchObject({ verdict: 'run', locked: true });
  expect(versions).toEqual([4, 3]);
  expect(await cache.ask({ ...ask, wants: 'stored' })).toBe('away');
});

it('one that fails otherwise is away', async () => {
  const { versions, cache } = old('failed');
  expect(await cache.ask(ask)).toBe('away');
  expect(versions).toEqual([4]);
});
