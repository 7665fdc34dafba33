import { constants, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { type CacheStore, type Claiming, type Entry, type NewEntry, StoreError } from '../store.ts';
import { CompressedStore } from './compressed-store.ts';

const plain = { kind: 'answer', coding: 0, meta: 'm', etag: 'e', runMs: 1 } as const;
const claiming: Claiming = {
  ...{ key: 'k', holder: 'h', lockMs: 1, service: 's', route: 'r', label: 'l' },
  ...{ renewUpTo: 0, takesStale: true },
};

/** A store of one body, as it is stored. */
function newStore(maxValueBytes = 1_000_000, verdict: 'hit' | 'run' = 'hit') {
  const kept = { body: new Uint8Array(0) as Uint8Array, coding: 0 };
  const times = { madeAt: 1, freshUntil: 9, whileRevalidateUntil: 9, ifErrorUntil: 9 };
  const entry = (): Entry => ({ ...plain, ...times, ...kept });
  const inner: Partial<CacheStore> = {
    lookup: async (keys) => ({ entries: new Map(keys.map((key) => [key, entry()])), now: 1 }),
    claim: async (claims) => claims.map(() => ({ verdict, lockMs: 1, entry: entry(), now: 1 })),
    settle: async (_key, _holder, stored) => {
      if (stored) Object.assign(kept, { body: stored.body, coding: stored.coding });
      return { taken: true, stored: true, waited: false };
    },
  };
  const onFault = vi.fn();
  const store = new CompressedStore(inner as CacheStore, { fromBytes: 100, maxValueBytes, onFault });
  const fill = (body: Uint8Array) => {
    const stored: NewEntry = { ...plain, body, freshMs: 1, staleWhileRevalidateMs: 0, staleIfErrorMs: 0 };
    return store.settle('k', 'h', stored);
  };
  return { store, kept, fill, onFault, claim: () => store.claim([claiming], 1) };
}

describe('a body', () => {
  it('comes back as it was, whatever it is, with all that is stored with it', async () => {
    const anyBody = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.uint8Array({ maxLength: 20 }).map((some) => zstdCompressSync(some)),
      fc.nat(200_000).map((length) => Buffer.alloc(length, 'abc')),
    );
    await fc.assert(
      fc.asyncProperty(anyBody, async (body) => {
        const { store, fill, claim } = newStore();
        await fill(body);
        const looked = (await store.lookup(['k'])).entries.get('k');
        expect(Buffer.from(looked?.body ?? []).equals(body)).toBe(true);
        expect(looked).toMatchObject({ ...plain, freshUntil: 9 });
        const [claimed] = await claim();
        expect(claimed).toMatchObject({ verdict: 'hit', entry: { coding: 0 } });
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
  const bodies = {
    cut: frame.subarray(0, -1),
    changed,
    large: zstdCompressSync(Buffer.alloc(1_001)),
    empty: Buffer.alloc(0),
  };

  it.each(Object.entries(bodies))('is none: %s', async (_, body) => {
    const { store, kept, claim, onFault } = newStore(1_000);
    Object.assign(kept, { body, coding: 1 });
    expect((await store.lookup(['k'])).entries.size).toBe(0);
    expect((await claim())[0]).toBeInstanceOf(StoreError);
    expect(onFault).toHaveBeenCalledTimes(2);
  });

  it('is none to stand in either, and takes no lock away', async () => {
    const { kept, claim } = newStore(1_000, 'run');
    Object.assign(kept, { body: changed, coding: 1 });
    expect((await claim())[0]).toMatchObject({ verdict: 'run', entry: undefined });
  });

  it('so is one that a later release packed in its own way', async () => {
    const { store, kept } = newStore();
    Object.assign(kept, { coding: 2 });
    expect((await store.lookup(['k'])).entries.size).toBe(0);
  });
});
