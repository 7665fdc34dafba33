import { z } from 'zod';
import { bytes, number, record, text, u32 } from '../codec/record.ts';

/**
 * A request that an administrator tries a route with, for any ingress: exactly this revision, whether its service is
 * enabled or not. `url` is the request target, `headers` JSON of {@link trialHeaders}, `tester` the administrator's id.
 */
export const routeTrial = record({
  service: text,
  revision: number,
  method: text,
  url: text,
  headers: text,
  body: bytes,
  tester: text,
});

/** As the ingress has them: names in small letters. */
export const trialHeaders = z.record(z.string(), z.union([z.string(), z.array(z.string())]));

/**
 * What the caller would have been answered. `refusal` is a sentence, and all else means nothing, where nothing was tried.
 * `headers` is JSON of an object of strings, `report` of {@link trialReport}.
 */
export const routeTrialAnswer = record({ refusal: text, status: u32, headers: text, body: bytes, report: text });

export const trialReport = z.object({
  requestId: z.string(),
  workflowId: z.string().optional(),
  cacheAsked: z.boolean(),
  /** How long each step took (ms), those of the executor among them where it told. */
  timings: z.record(z.string(), z.number()),
});
export type TrialReport = z.infer<typeof trialReport>;
