import { busSettings, loadSettings, milliseconds, processSettings, redisSettings } from '@rostrum/service/settings';
import { z } from 'zod';

/** The cache's settings. */
export const settingsSchema = z.object({
  ...processSettings,
  ...busSettings,
  ...redisSettings,
  REDIS_TIMEOUT_MS: milliseconds()
    .default(500)
    .describe(
      'Redis counts as away when it says nothing for so long while an answer is due (ms). Asks are then told to run.',
    ),
  CACHE_MAX_VALUE_BYTES: z.coerce
    .number()
    .int()
    .min(1)
    .default(1_048_576)
    .describe('Largest answer that is stored. An answer also has to fit into NATS’s `max_payload`.'),
});
export type Settings = Readonly<z.output<typeof settingsSchema>>;

export function readSettings(): Settings {
  return loadSettings(settingsSchema, process.env);
}
