import { busSettings, flag, loadSettings, milliseconds, port, processSettings } from '@rostrum/service/settings';
import { digestKeySetting } from '@rostrum/shared/digest';
import { tracingSettings } from '@rostrum/tracing';
import { z } from 'zod';
import { callerSettings } from './caller-settings.ts';

/** The ingress's settings. */
export const settingsSchema = z.object({
  ...processSettings,
  ...busSettings,
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
  REQUEST_TIMEOUT_MS: milliseconds()
    .default(30_000)
    .describe('How long a client may take to send a whole request (ms).'),
  HEADERS_TIMEOUT_MS: milliseconds().default(10_000).describe('How long a client may take to send the headers (ms).'),
  KEEP_ALIVE_MS: milliseconds().default(75_000).describe('How long an idle connection is kept (ms).'),
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
  ACCESS_LOG: flag().default(true).describe('Whether every request is logged, at level `info`.'),
});
export type Settings = Readonly<z.output<typeof settingsSchema>>;

export function readSettings(): Settings {
  return loadSettings(settingsSchema, process.env);
}
