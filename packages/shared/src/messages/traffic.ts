import { z } from 'zod';

/** How far a percentile of a sketch may be from the true one (a fraction of it): reporter and reader have to agree. */
export const sketchAccuracy = 0.01;

/** How a route answered in some stretch of time. */
const series = z.object({
  service: z.string(),
  /** `''`: those of the service that have no series of their own. */
  route: z.string(),
  /** How many answers had each status. */
  statuses: z.record(z.string(), z.number()),
  /** Sum of their durations, ms. */
  totalMs: z.number(),
  /** Their durations as the bins of a DDSketch with {@link sketchAccuracy}: key and count. */
  bins: z.array(z.tuple([z.number(), z.number()])),
});
export type TrafficSeries = z.infer<typeof series>;

/** What an ingress has answered since its last report. One that is sent twice counts once, by its id. */
export const trafficReport = z.object({ id: z.string(), series: z.array(series) });
export type TrafficReport = z.infer<typeof trafficReport>;
