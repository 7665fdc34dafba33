import { busSettings, loadSettings, milliseconds, processSettings } from '@rostrum/service/settings';
import { z } from 'zod';

/** The cache's settings. */
export const settingsSchema = z.object({
  ...processSettings,
  ...busSettings,
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\//, 'use redis://host:port or rediss://host:port')
    .default('redis://127.0.0.1:6379')
    .describe(
      'Redis server; with `REDIS_MODE` `cluster` some of the cluster’s, with `sentinel` the sentinels, comma-separated. User, password and database of the first address are those for Redis itself, everywhere.',
    ),
  REDIS_MODE: z
    .enum(['single', 'cluster', 'sentinel'])
    .default('single')
    .describe('What `REDIS_URL` leads to: a server, servers of a Redis Cluster, or sentinels that know the primary.'),
  REDIS_SENTINEL_NAME: z.string().default('mymaster').describe('What the sentinels call the primary.'),
  REDIS_SENTINEL_PASSWORD: z
    .string()
    .default('')
    .meta({ secret: true })
    .describe('The sentinels’ own password. Empty: they want none.'),
  REDIS_TIMEOUT_MS: milliseconds()
    .default(50)
    .describe(
      'An ask that Redis does not answer within this time (ms) is told to run. After three such times in a row Redis is left alone until it answers again.',
    ),
  CACHE_COMPRESS_BYTES: z.coerce
    .number()
    .int()
    .min(0)
    .default(8_192)
    .describe('Answers of so many bytes and more are stored compressed (zstd). 0: none is.'),
  CACHE_MEMORY_BYTES: z.coerce
    .number()
    .int()
    .min(0)
    .default(33_554_432)
    .describe(
      'Room in this process for the answers that are asked for most (bytes); each is read from Redis again after a second. 0: none are held.',
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
