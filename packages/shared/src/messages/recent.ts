import { z } from 'zod';

/**
 * Asks an executor for the last executions of a route: those started from `start` to `end` (ms since 1970), in this
 * status, at most `limit`. `revision` tells in whose name Conductor is asked.
 */
export const recentAsk = z.object({
  service: z.string(),
  revision: z.number(),
  route: z.string(),
  start: z.number(),
  end: z.number(),
  status: z.string().optional(),
  limit: z.number(),
});
export type RecentAsk = z.infer<typeof recentAsk>;

/** An execution as it stands now, by Conductor's word; `UNKNOWN` where Conductor does not know it (any more), or is away. */
export const recentExecution = z.object({
  workflowId: z.string(),
  status: z.string(),
  /** ms since 1970. */
  startTime: z.number(),
  endTime: z.number().optional(),
  durationMs: z.number().optional(),
  principal: z.string(),
  requestId: z.string(),
});
export type RecentExecution = z.infer<typeof recentExecution>;

/** Newest first. `fault`: a sentence, where they cannot be told. */
export const recentAnswer = z.object({ executions: z.array(recentExecution), fault: z.string().optional() });
