import type { CacheAsk } from '@rostrum/shared/messages';
import type { Entry } from './store.ts';

/** What an ask comes to: what is stored is given, or there is nothing to give, or a lock is asked for. */
export type Plan = { do: 'give' } | { do: 'none' } | { do: 'claim'; renewUpTo: number; takesStale: boolean };

/** An early refresh begins at most in this last part of an answer's time, however long its run takes. */
const EARLIEST = 0.1;

/** An ask of the release before knows neither stale answers nor problems. */
export function isOld({ service }: Pick<CacheAsk, 'service'>): boolean {
  return service === '';
}

/** `now`: the store's time (ms); `random`: 0 … 1, by which refreshes are spread. */
export function planFor(ask: CacheAsk, entry: Entry | undefined, now: number, random: () => number): Plan {
  const goodEnough = entry !== undefined && now < entry.freshUntil + ask.maxStaleSeconds * 1_000;
  if (ask.wants === 'stored') return { do: goodEnough ? 'give' : 'none' };
  if (ask.wants === 'revalidate') return { do: 'claim', renewUpTo: Number.POSITIVE_INFINITY, takesStale: false };
  if (isOld(ask))
    return entry && now < entry.freshUntil ? { do: 'give' } : { do: 'claim', renewUpTo: 0, takesStale: false };
  if (!entry) return { do: 'claim', renewUpTo: 0, takesStale: true };
  if (now < entry.freshUntil) {
    return isRefreshedEarly(entry, now, random)
      ? { do: 'claim', renewUpTo: entry.freshUntil, takesStale: true }
      : { do: 'give' };
  }
  // Past what the route allows, the caller may still take it: then there is nobody to make another for.
  if (goodEnough && !mayBeGiven(entry, now)) return { do: 'give' };
  return { do: 'claim', renewUpTo: 0, takesStale: true };
}

/** Whether the route allows it to be given, fresh or while another is made. */
export function mayBeGiven(entry: Entry, now: number): boolean {
  return now < Math.max(entry.freshUntil, entry.whileRevalidateUntil);
}

/** Whether it may be given where no other can be made. */
export function mayStandIn(entry: Entry, now: number): boolean {
  return entry.kind === 'answer' && now < Math.max(entry.whileRevalidateUntil, entry.ifErrorUntil);
}

/**
 * Whether this asker makes it anew before it is over (XFetch: Vattani, Chierichetti, Lowenstein, "Optimal Probabilistic
 * Cache Stampede Prevention", VLDB 2015, with beta 1): the closer the end and the longer a run takes, the likelier.
 */
function isRefreshedEarly({ freshUntil, madeAt, runMs }: Entry, now: number, random: () => number): boolean {
  if (madeAt === undefined || runMs <= 0) return false;
  const left = freshUntil - now;
  if (left > (freshUntil - madeAt) * EARLIEST) return false;
  return left <= -runMs * Math.log(random());
}
