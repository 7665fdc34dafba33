import { z } from 'zod';

/** What of a service's answers: those of a route, with a label, or with one that begins so; all where nothing is named. */
export const cacheSelection = z.object({
  service: z.string(),
  route: z.string().optional(),
  label: z.string().optional(),
  labelPrefix: z.string().optional(),
});
export type CacheSelection = z.infer<typeof cacheSelection>;

/** Tells a cache to forget all that any of these select, and those under way with them. Safe to repeat. */
export const purgeAsk = z.object({ selections: z.array(cacheSelection) });
/** How many answers, and locks of runs, are gone. `fault`: a sentence, where not all of it could be done. */
export const purgeAnswer = z.object({ answers: z.number(), locks: z.number(), fault: z.string().optional() });
export type PurgeAnswer = z.infer<typeof purgeAnswer>;

/** Told to every cache after a purge: what it holds in memory of these is not to be given any more. */
export const purgedNotice = z.object({ selections: z.array(cacheSelection) });

/** Asks a cache what is stored of a service. */
export const cacheStatsAsk = z.object({ service: z.string() });
/** By route id: how many answers are stored, and their size in Redis (bytes), as far as it is known. */
export const cacheStatsAnswer = z.object({
  routes: z.record(z.string(), z.object({ entries: z.number(), bytes: z.number() })),
  fault: z.string().optional(),
});
export type CacheStatsAnswer = z.infer<typeof cacheStatsAnswer>;
