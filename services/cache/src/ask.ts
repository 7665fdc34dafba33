import { type CacheAsk, cacheAnswer } from '@rostrum/shared/messages';
import { batchPerTurn } from './batch.ts';
import type { CacheMetrics } from './metrics.ts';
import { type CacheStore, type Claim, type FreshValue, StoreError } from './store.ts';

/** Bounds what one message to Redis asks for: its replies stand in memory together. */
const MAX_BATCH = 256;

const noBody = new Uint8Array(0);
const blank = cacheAnswer.complete({ verdict: 'run', locked: false, lockMs: 0, ttlSeconds: 0, body: noBody });
const runUnlocked = cacheAnswer.encode(blank);

/**
 * Answers asks with an encoded CacheAnswer, never with an error: without a store everyone is told to run, without a
 * lock. Those of one turn of the event loop are looked up together; only what is missing goes on to be claimed, so
 * that no hit waits for another's miss. What is at hand is answered at once.
 */
export function createAsks(store: CacheStore, metrics: CacheMetrics): (ask: CacheAsk) => Promise<Uint8Array> {
  const partOf = (key: string) => store.partOf(key);
  const lookup = batchPerTurn((keys: string[]) => lookupTogether(store, keys), MAX_BATCH, partOf);
  const claim = batchPerTurn(
    (misses: Miss[]) => claimTogether(store, misses),
    MAX_BATCH,
    ({ ask }) => partOf(ask.key),
  );

  return async (ask) => {
    const near = store.peek(ask.key);
    if (near) {
      metrics.asked('hit');
      return encodeHit(near);
    }
    try {
      const { hit, now } = await lookup(ask.key);
      if (hit) {
        metrics.asked('hit');
        return hit;
      }
      const claimed = await claim({ ask, now });
      if (claimed instanceof StoreError) throw claimed;
      metrics.asked(claimed.verdict);
      return encodeClaim(claimed);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      metrics.asked('run_unlocked');
      return runUnlocked;
    }
  };
}

interface Found {
  /** The encoded answer. */
  hit: Uint8Array | undefined;
  now: number;
}

interface Miss {
  ask: CacheAsk;
  now: number;
}

/** A key that many ask for is fetched, and its answer encoded, once. */
async function lookupTogether(store: CacheStore, keys: string[]): Promise<Found[]> {
  const { values, now } = await store.lookup([...new Set(keys)]);
  const hits = new Map<string, Uint8Array>();
  for (const [key, value] of values) hits.set(key, encodeHit(value));
  return keys.map((key) => ({ hit: hits.get(key), now }));
}

function claimTogether(store: CacheStore, misses: Miss[]): Promise<(Claim | StoreError)[]> {
  return store.claim(
    misses.map(({ ask }) => ask),
    Math.min(...misses.map(({ now }) => now)),
  );
}

function encodeHit({ body, ttlSeconds }: FreshValue): Uint8Array {
  return cacheAnswer.encode({ ...blank, verdict: 'hit', body, ttlSeconds });
}

function encodeClaim(claimed: Claim): Uint8Array {
  if (claimed.verdict === 'hit') return encodeHit(claimed.value);
  const { verdict, lockMs } = claimed;
  return cacheAnswer.encode({ ...blank, verdict, lockMs, locked: verdict === 'run' });
}
