import { constants, zstdCompressSync } from 'node:zlib';
import { cacheAsk, cacheFill } from '@rostrum/shared/messages';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { type CacheStore, StoreError } from '../store.ts';
import { CompressedStore } from './compressed-store.ts';

/** A store of one body, as it is stored. */
function newStore(maxValueBytes = 1_000_000) {
  const kept: { body: Uint8Array } = { body: new Uint8Array(0) };
  const value = () => ({ body: kept.body, ttlSeconds: 9 });
  const inner: Partial<CacheStore> = {
    lookup: async (keys) => ({ values: new Map(keys.map((key) => [key, value()])), now: 1 }),
    claim: async (asks) => asks.map(() => ({ verdict: 'hit', value: value() })),
    settle: async ({ body }) => {
      kept.body = body;
      return { taken: true, stored: true, waited: false };
    },
  };
  const onFault = vi.fn();
  const store = new CompressedStore(inner as CacheStore, { fromBytes: 100, maxValueBytes, onFault });
  const fill = (body: Uint8Array) =>
    store.settle(
      cacheFill.complete({ key: 'k', holder: 'h', result: 'stored', ttlSeconds: 1, body, problem: new Uint8Array(0) }),
      true,
    );
  const claim = () => store.claim([cacheAsk.complete({ key: 'k', holder: 'h', lockMs: 1 })], 1);
  return { store, kept, fill, claim, onFault };
}

const magic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

describe('a body', () => {
  it('comes back as it was, whatever it is', async () => {
    const anyBody = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.uint8Array({ maxLength: 20 }).map((rest) => Buffer.concat([magic, rest])),
      fc.nat(200_000).map((length) => Buffer.alloc(length, 'abc')),
    );
    await fc.assert(
      fc.asyncProperty(anyBody, async (body) => {
        const { store, fill, claim } = newStore();
        await fill(body);
        const looked = (await store.lookup(['k'])).values.get('k');
        expect(Buffer.from(looked?.body ?? []).equals(body)).toBe(true);
        expect(looked?.ttlSeconds).toBe(9);
        const [claimed] = await claim();
        expect(claimed).toMatchObject({ verdict: 'hit' });
      }),
      { numRuns: 60 },
    );
  });

  it('is stored smaller when it is large, and as it is when it is small or cannot be made smaller', async () => {
    const { kept, fill } = newStore();
    await fill(Buffer.alloc(1_000, 'abc'));
    expect(kept.body.length).toBeLessThan(100);
    await fill(Buffer.alloc(99, 'abc'));
    expect(kept.body.length).toBe(99);
    const noise = Uint8Array.from({ length: 100 }, (_, n) => (n * 167 + 13) % 256);
    await fill(noise);
    expect(kept.body).toEqual(noise);
  });
});

describe('a stored body that is cut, changed or larger than a body may be', () => {
  const frame = zstdCompressSync(Buffer.alloc(900, 'abc'), { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
  const changed = Buffer.from(frame);
  changed.writeUInt8(changed.readUInt8(frame.length - 1) ^ 1, frame.length - 1);
  const bodies = { cut: frame.subarray(0, -1), changed, large: zstdCompressSync(Buffer.alloc(1_001)), empty: magic };

  it.each(Object.entries(bodies))('is none: %s', async (_, body) => {
    const { store, kept, claim, onFault } = newStore(1_000);
    kept.body = body;
    expect((await store.lookup(['k'])).values.size).toBe(0);
    expect((await claim())[0]).toBeInstanceOf(StoreError);
    expect(onFault).toHaveBeenCalledTimes(2);
  });
});
