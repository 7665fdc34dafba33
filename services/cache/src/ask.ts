import type { CacheAsk } from '@rostrum/shared/messages';
import { giveEntry, giveLock, giveOld, nothingStored, runUnlocked } from './answers.ts';
import { batchPerTurn } from './batch.ts';
import { isOld, mayBeGiven, planFor } from './decide.ts';
import type { CacheMetrics } from './metrics.ts';
import { type CacheStore, type Claim, type Claiming, type Given, StoreError } from './store.ts';

/** Bounds what one message to Redis asks for: its replies stand in memory together. */
const MAX_BATCH = 256;

/**
 * Answers asks with an encoded CacheAnswer, never with an error: without a store everyone is told to run, without a
 * lock, or gets what was found before the store failed. Those of one turn of the event loop are looked up together; only
 * what is missing or to be made anew goes on to be claimed, so that no hit waits for another's miss. What is at hand is
 * not looked up. `random`: 0 … 1.
 */
export function createAsks(
  store: CacheStore,
  metrics: CacheMetrics,
  random: () => number = Math.random,
): (ask: CacheAsk) => Promise<Uint8Array> {
  const partOf = (key: string) => store.partOf(key);
  const lookup = batchPerTurn((keys: string[]) => lookupTogether(store, keys), MAX_BATCH, partOf);
  const claim = batchPerTurn(
    (misses: Miss[]) => claimTogether(store, misses),
    MAX_BATCH,
    ({ claiming }) => partOf(claiming.key),
  );

  const give = (ask: CacheAsk, found: Given): Uint8Array => {
    const { entry, now } = found;
    metrics.asked(now < entry.freshUntil ? 'hit' : 'stale');
    if (isOld(ask)) return giveOld(entry, now);
    // A key that many ask for has its answer encoded once.
    return (found.encoded ??= giveEntry(entry, now));
  };

  return async (ask) => {
    let spare: Given | undefined;
    try {
      const near = store.peek(ask.key);
      const { given, now } = near ? { given: near, now: near.now } : await lookup(ask.key);
      const plan = planFor(ask, given?.entry, now, random);
      if (plan.do === 'give' && given) return give(ask, given);
      if (plan.do !== 'claim') {
        metrics.asked('none');
        return nothingStored;
      }
      if (plan.takesStale) spare = given;
      const claimed = await claim({ claiming: { ...ask, ...plan }, now });
      if (claimed instanceof StoreError) throw claimed;
      return answerClaim(ask, claimed);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (spare && mayBeGiven(spare.entry, spare.now)) return give(ask, spare);
      metrics.asked(ask.wants === 'stored' ? 'none' : 'run_unlocked');
      return ask.wants === 'stored' ? nothingStored : runUnlocked;
    }
  };

  function answerClaim(ask: CacheAsk, claimed: Claim): Uint8Array {
    if (claimed.verdict === 'hit') return give(ask, claimed);
    const { verdict, entry, now, lockMs } = claimed;
    if (verdict === 'run' && entry && mayBeGiven(entry, now)) {
      metrics.asked('refresh');
      return giveEntry(entry, now, lockMs);
    }
    metrics.asked(verdict);
    return giveLock(claimed, isOld(ask));
  }
}

interface Found {
  given: Given | undefined;
  now: number;
}

interface Miss {
  claiming: Claiming;
  now: number;
}

/** A key that many ask for is fetched once. */
async function lookupTogether(store: CacheStore, keys: string[]): Promise<Found[]> {
  const { entries, now } = await store.lookup([...new Set(keys)]);
  const found = new Map<string, Given>();
  for (const [key, entry] of entries) found.set(key, { entry, now });
  return keys.map((key) => ({ given: found.get(key), now }));
}

function claimTogether(store: CacheStore, misses: Miss[]): Promise<(Claim | StoreError)[]> {
  return store.claim(
    misses.map(({ claiming }) => claiming),
    Math.min(...misses.map(({ now }) => now)),
  );
}
