import { z } from 'zod';

/** How far a percentile of a sketch may be from the true one (a fraction of it): reporter and reader have to agree. */
export const sketchAccuracy = 0.01;

/**
 * What became of a request in the cache. *hit*: a stored answer that was fresh. *stale*: one past its time, also in place of
 * an execution that failed. *collapsed*: the answer of another's execution. *miss*: an execution of its own, or none
 * since only a stored answer was wanted. *bypass*: the cache was not asked, or away.
 */
export const cacheOutcomes = ['hit', 'stale', 'collapsed', 'miss', 'bypass'] as const;
export type CacheOutcome = (typeof cacheOutcomes)[number];

/** How a route answered in some stretch of time. */
const series = z.object({
  service: z.string(),
  /** `''`: those of the service that have no series of their own. */
  route: z.string(),
  /** How many answers had each status. */
  statuses: z.record(z.string(), z.number()),
  /** How many had each {@link CacheOutcome}. Not told by the release before, and dropped by it. */
  cache: z.record(z.string(), z.number()).optional(),
  /** Sum of their durations, ms. */
  totalMs: z.number(),
  /** Their durations as the bins of a DDSketch with {@link sketchAccuracy}: key and count. */
  bins: z.array(z.tuple([z.number(), z.number()])),
});
export type TrafficSeries = z.infer<typeof series>;

/** What an ingress has answered since its last report. One that is sent twice counts once, by its id. */
export const trafficReport = z.object({ id: z.string(), series: z.array(series) });
export type TrafficReport = z.infer<typeof trafficReport>;
