import { z } from 'zod';
import { optional } from './common.ts';
import { rateKey } from './rule.ts';

const maxWindowSeconds = 86_400;
const window = `has to be between 1 and ${maxWindowSeconds} seconds (a day)`;

/** At most `limit` requests in any `window` seconds, for each value of `key`; for all together unless there is one. */
export const rateLimitSchema = z.strictObject({
  key: optional(rateKey),
  limit: z.number().int().min(1, 'has to be 1 or more; leave rateLimit out for no limit').max(1_000_000_000),
  window: z.number().int().min(1, window).max(maxWindowSeconds, window),
});
