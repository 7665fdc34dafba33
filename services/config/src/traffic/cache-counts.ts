import { z } from 'zod';
import type { Counts } from './counts.ts';

/** What became of requests in the cache; see CacheOutcome. */
export const cacheCountsShape = z.object({
  hits: z.number().describe('Answered with a stored answer that was fresh.'),
  staleHits: z.number().describe('With one past its time, also in place of an execution that failed.'),
  collapsed: z.number().describe('With the answer of another’s execution of the same.'),
  misses: z.number().describe('With one of an execution of their own, or not since only a stored one was wanted.'),
  bypasses: z.number().describe('Went past the cache: it was away, or not to be asked.'),
});
export type CacheCounts = z.infer<typeof cacheCountsShape>;

export function cacheCountsOf(counts: Counts): CacheCounts {
  const of = (outcome: string) => counts.get(`c${outcome}`) ?? 0;
  return {
    hits: of('hit'),
    staleHits: of('stale'),
    collapsed: of('collapsed'),
    misses: of('miss'),
    bypasses: of('bypass'),
  };
}
