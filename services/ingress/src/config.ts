import {
  busSettings,
  flag,
  loadSettings,
  milliseconds,
  port,
  processSettings,
  redisSettings,
} from '@rostrum/service/settings';
import { digestKeySetting } from '@rostrum/shared/digest';
import { tracingSettings } from '@rostrum/tracing';
import { z } from 'zod';
import { callerSettings } from './caller-settings.ts';
import { codings } from './http/compress.ts';

/** The ingress's settings. */
export const settingsSchema = z.object({
  ...processSettings,
  ...busSettings,
  ...redisSettings,
  ...tracingSettings,
  DRAIN_TIMEOUT_MS: milliseconds()
    .default(310_000)
    .describe('How long a stopping gateway may take to answer those who wait (ms): the longest wait, and a margin.'),
  INGRESS_HOST: z
    .string()
    .default('127.0.0.1')
    .describe('Address the gateway listens on. Loopback unless you open it.'),
  INGRESS_PORT: port().default(7080).describe('Port the gateway listens on.'),
  DIGEST_KEY: digestKeySetting
    .describe('Key of the API keys’ digests, `<id>:<base64 of 32 bytes>`; the same as config’s.')
    .meta({ secret: true }),
  BODY_LIMIT_BYTES: z.coerce
    .number()
    .int()
    .min(1)
    .default(900_000)
    .describe('Largest request body. A request also has to fit into NATS’s `max_payload`.'),
  EXPANDED_BODY_LIMIT_BYTES: z.coerce
    .number()
    .int()
    .min(1)
    .default(900_000)
    .describe('Largest request body after its `Content-Encoding` is undone; it is cut off while it expands.'),
  BODY_MAX_MEMBERS: z.coerce
    .number()
    .int()
    .min(1)
    .default(100_000)
    .describe('Most members of objects and items of arrays in a request body, all together, and names of a form.'),
  COMPRESSION: z
    .string()
    .default(codings.join(','))
    .transform((text) =>
      text
        .split(',')
        .map((each) => each.trim())
        .filter((each) => each !== ''),
    )
    .pipe(z.array(z.enum(codings, `comma-separated codings of ${codings.join(', ')}; empty for none`)))
    .describe('What answers may be compressed with, comma-separated, the preferred first; empty: none is.'),
  COMPRESS_FROM_BYTES: z.coerce
    .number()
    .int()
    .min(1)
    .default(16_384)
    .describe('Answers from this size on are compressed; smaller ones arrive with the first packets anyway.'),
  REQUEST_TIMEOUT_MS: milliseconds()
    .default(30_000)
    .describe('How long a client may take to send a whole request (ms).'),
  HEADERS_TIMEOUT_MS: milliseconds().default(10_000).describe('How long a client may take to send the headers (ms).'),
  KEEP_ALIVE_MS: milliseconds().default(75_000).describe('How long an idle connection is kept (ms).'),
  TRAILING_SLASH: z
    .enum(['ignore', 'strict'])
    .default('ignore')
    .describe(
      'Whether a slash at the end of a request’s path is ignored, or `strict`: such a path is another one, which no route has.',
    ),
  ANSWER_GRACE_MS: milliseconds()
    .default(3_000)
    .describe('How long after a route’s deadline the gateway still waits for the executor’s word (ms).'),
  DRAIN_NOTICE_MS: milliseconds()
    .default(500)
    .describe('How long a stopping gateway still accepts requests while its answers ask clients to leave (ms).'),
  TRAFFIC_EVERY_MS: milliseconds()
    .default(10_000)
    .describe('How often it reports to config how its routes answered, for the admin API’s metrics (ms).'),
  TRAFFIC_MAX_ROUTES: z.coerce
    .number()
    .int()
    .min(0)
    .default(1_000)
    .describe('How many routes that are called between two reports are counted apart; others count for their service.'),
  ...callerSettings,
  RATE_TIMEOUT_MS: milliseconds()
    .default(50)
    .describe(
      'How long a request waits for Redis, which counts requests for rate limits, before this process goes by its share of each limit (ms).',
    ),
  RATE_SCOPES_MAX: z.coerce
    .number()
    .int()
    .min(1)
    .default(10_000)
    .describe(
      'Values of rate limits’ keys that are kept in memory (about 1 KB each); for others Redis is asked again.',
    ),
  ACCESS_LOG: flag().default(true).describe('Whether every request is logged, at level `info`.'),
});
export type Settings = Readonly<z.output<typeof settingsSchema>>;

export function readSettings(): Settings {
  return loadSettings(settingsSchema, process.env);
}
