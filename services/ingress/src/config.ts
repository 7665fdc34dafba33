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
    .describe('How long a client may take to send a whole request, and to take its answer (ms).'),
  HEADERS_TIMEOUT_MS: milliseconds()
    .default(10_000)
    .describe(
      'How long a client may take to send the headers, counted from its connecting for the first request (ms).',
    ),
  KEEP_ALIVE_MS: milliseconds().default(75_000).describe('How long an idle connection is kept (ms).'),
  TRAILING_SLASH: z
    .enum(['ignore', 'strict'])
    .default('ignore')
    .describe(
      'Whether a slash at the end of a request’s path is ignored, or `strict`: such a path is another one, which no route has.',
    ),
  MAX_HEADER_BYTES: count(1_024, 16_384).describe('Largest request line and headers together (bytes).'),
  MAX_HEADERS: count(10, 200).describe('Most headers of a request.'),
  MAX_CONNECTIONS: count(1, 10_000).describe('Most connections; those beyond are closed unread.'),
  MAX_CONNECTIONS_PER_ADDRESS: count(0, 0).describe(
    'Most connections of one address; 0 for any number, as it has to be where they all come from a balancer.',
  ),
  MAX_REQUESTS_PER_CONNECTION: count(0, 0).describe(
    'After how many requests a connection of HTTP/1.1 is closed, so that callers spread anew; 0 for never.',
  ),
  MAX_PIPELINED: count(1, 16).describe('Most requests that may be under way on one connection of HTTP/1.1.'),
  TLS_CERT_FILE: z
    .string()
    .optional()
    .describe(
      'Certificate with its chain (PEM). With TLS_KEY_FILE it switches TLS on, for HTTP/2 and HTTP/1.1 instead of HTTP/1.1 without. Changed files are taken up without a restart.',
    ),
  TLS_KEY_FILE: z.string().optional().describe('Private key of the certificate (PEM).'),
  TLS_RELOAD_EVERY_MS: milliseconds()
    .default(10_000)
    .describe('How often the certificate’s files are looked at, beside being watched (ms).'),
  HTTP2_MAX_STREAMS: count(1, 100).describe('Most requests under way on one connection of HTTP/2.'),
  HSTS_MAX_AGE_S: count(0, 0).describe(
    'Seconds for which browsers are told to use TLS alone (Strict-Transport-Security); 0 for not telling. Only where TLS is on.',
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
  ACCESS_LOG: flag().default(true).describe('Whether requests are logged, one line each, at level `info`.'),
  ACCESS_LOG_SAMPLE: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe(
      'Share of the requests that is logged, 0 to 1, chosen by their ids; those answered 500 or above, and slow ones, always are.',
    ),
  ACCESS_LOG_SLOW_MS: milliseconds().default(10_000).describe('From when on a request is slow (ms).'),
});

/** A whole number of `least` or more. */
function count(least: number, fallback: number) {
  return z.coerce.number().int().min(least).default(fallback);
}

export type Settings = Readonly<z.output<typeof settingsSchema>>;

export function readSettings(): Settings {
  return loadSettings(settingsSchema, process.env);
}
