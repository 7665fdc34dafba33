import { PREVIOUS } from '@rostrum/shared/codec';
import { type CacheAnswer, cacheAnswer } from '@rostrum/shared/messages';
import { mayStandIn } from './decide.ts';
import type { Claim, Entry } from './store.ts';

const noBody = new Uint8Array(0);
const blank = cacheAnswer.complete({ verdict: 'run', locked: false, lockMs: 0, ttlSeconds: 0, body: noBody });

export const runUnlocked = cacheAnswer.encode(blank);
export const nothingStored = cacheAnswer.encode({ ...blank, verdict: 'none' });

/** What is stored, as an answer. `locked`: the asker is to run it again meanwhile. */
export function giveEntry(entry: Entry, now: number, lockMs = 0): Uint8Array {
  return cacheAnswer.encode({ ...blank, ...told(entry, now), verdict: 'hit', locked: lockMs > 0, lockMs });
}

/** For an asker of the release before; what it would not understand it has to run. */
export function giveOld({ kind, meta, ...entry }: Entry, now: number): Uint8Array {
  if (kind === 'problem' || meta !== '') return runUnlocked;
  const { body, ttlSeconds } = told({ kind, meta, ...entry }, now);
  return cacheAnswer.encode({ ...blank, verdict: 'hit', body, ttlSeconds }, PREVIOUS);
}

/** *run* or *wait*, with what may stand in should the run fail. */
export function giveLock(
  { verdict, lockMs, entry, now }: Exclude<Claim, { verdict: 'hit' }>,
  old: boolean,
): Uint8Array {
  const base = { ...blank, verdict, lockMs, locked: verdict === 'run' };
  if (old || !entry || !mayStandIn(entry, now)) return cacheAnswer.encode(base);
  return cacheAnswer.encode({ ...base, ...told(entry, now), stale: true });
}

/** Whole seconds, rounded down: nobody is told that it is fresher than it is. */
function told(
  entry: Entry,
  now: number,
): Pick<CacheAnswer, 'body' | 'etag' | 'meta' | 'failed' | 'stale' | 'ttlSeconds' | 'ageSeconds'> {
  const { body, etag, meta, kind, freshUntil, madeAt } = entry;
  const stale = now >= freshUntil;
  const left = (freshUntil - now) / 1_000;
  return {
    ...{ body, etag, meta, stale, failed: kind === 'problem' },
    ttlSeconds: stale ? Math.ceil(-left) : Math.floor(left),
    ageSeconds: madeAt === undefined ? 0 : Math.max(0, Math.floor((now - madeAt) / 1_000)),
  };
}
