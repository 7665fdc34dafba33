import { networks } from '@rostrum/service/networks';
import {
  busSettings,
  loadSettings,
  milliseconds,
  port,
  processSettings,
  redisSettings,
} from '@rostrum/service/settings';
import { digestKeySetting } from '@rostrum/shared/digest';
import { z } from 'zod';
import { checkConductorSettings, conductorSettings } from './conductor/settings.ts';

const masterKey = z.string('is required: base64 of 32 random bytes').transform((text, context) => {
  const key = Buffer.from(text, 'base64');
  if (key.length === 32) return key;
  context.addIssue({ code: 'custom', message: 'has to be base64 of 32 bytes; `openssl rand -base64 32` makes one' });
  return z.NEVER;
});

/** The config service's settings; each description is the setting's documentation. */
export const settingsSchema = z
  .object({
    ...processSettings,
    ...busSettings,
    CONFIG_HOST: z.string().default('127.0.0.1').describe('Address the admin API listens on.'),
    CONFIG_PORT: port().default(7081).describe('Port of the admin API. 0 takes a free one.'),
    MASTER_KEY: masterKey
      .meta({ secret: true })
      .describe(
        'Base64 of 32 random bytes. Secrets in the configuration are sealed under it, and the keys that sign admin tokens. The same on every replica.',
      ),
    MASTER_KEY_PREVIOUS: masterKey
      .optional()
      .meta({ secret: true })
      .describe('The master key before `MASTER_KEY`, while it is being changed: see docs/security.md.'),
    DIGEST_KEY: digestKeySetting
      .meta({ secret: true })
      .describe('`<id>:<base64 of 32 bytes>`: API keys are stored as digests under it. Ingresses need the same one.'),
    ADMIN_KEY_ID: z
      .string()
      .optional()
      .describe('Id of the admin key. Without it one is made on the first start and shown once in the log.'),
    ADMIN_KEY_SECRET: z
      .string()
      .optional()
      .meta({ secret: true })
      .describe('Secret of the admin key. When the pair differs from the one that is stored, it replaces that one.'),
    TOKEN_LIFETIME_SECONDS: z.coerce
      .number()
      .int()
      .min(1)
      .default(3_600)
      .describe('How long an admin token is valid (s).'),
    PUBLIC_URL: z
      .url({ protocol: /^https?$/, error: 'use http://host:port or https://host' })
      .default('http://127.0.0.1:7080')
      .transform((url) => url.replace(/\/+$/, ''))
      .describe('Where callers reach the ingress; services show it in `basePath`.'),
    KV_REPLICAS: z.coerce
      .number()
      .int()
      .min(1)
      .max(5)
      .default(1)
      .describe(
        'Copies JetStream keeps of the buckets, when it creates them: 1, 3 or 5, at most the NATS servers there are.',
      ),
    REDIS_URL: redisSettings.REDIS_URL.unwrap()
      .optional()
      .describe('Redis server that the metrics of the admin API are kept in. Without it there are none.'),
    REVISION_KEEP_MS: milliseconds()
      .default(86_400_000)
      .describe(
        'How long a superseded revision is still answered (ms). At least as long as the executors’ `EXECUTION_KEEP_SECONDS`, or executions of changed routes cannot be looked up any more.',
      ),
    HISTORY_KEEP: z.coerce
      .number()
      .int()
      .min(1)
      .max(64)
      .default(64)
      .describe('How many versions of each object are kept to look at and to go back to, when the bucket is made.'),
    AUDIT_KEEP_MS: milliseconds()
      .default(90 * 86_400_000)
      .describe('How long the audit log keeps a call of the admin API (ms).'),
    AUDIT_MAX_BYTES: z.coerce
      .number()
      .int()
      .min(65_536)
      .default(256 * 1_048_576)
      .describe('How large the audit log may become, each copy of it (bytes): the oldest calls go first.'),
    DEFAULT_TIMEOUT_MS: milliseconds()
      .default(30_000)
      .describe('How long a caller waits on a route that does not say (ms).'),
    MAX_TIMEOUT_MS: milliseconds()
      .default(300_000)
      .describe(
        'The longest that a route may let a caller wait (ms). A route that is to wait longer is refused; one that is stored already waits so long.',
      ),
    CACHE_MIN_TTL_SECONDS: z.coerce
      .number()
      .int()
      .min(1)
      .default(300)
      .describe('The shortest `ttlInSecond` of a route’s cache (s).'),
    TRUSTED_PROXIES: networks()
      .default([])
      .describe(
        'Addresses and networks (`10.0.0.0/8`) of the proxies in front of the admin API, comma-separated: their `X-Forwarded-For` says who calls. Without any it is not read.',
      ),
    RESTORE_LIMIT_BYTES: z.coerce
      .number()
      .int()
      .min(1_024)
      .default(1_073_741_824)
      .describe('Largest backup that is restored (bytes). It is held in memory while it is.'),
    BODY_LIMIT_BYTES: z.coerce
      .number()
      .int()
      .min(1_024)
      .default(4 * 1_048_576)
      .describe('Largest body the admin API takes (bytes).'),
    SCRIPT_TIMEOUT_MS: milliseconds()
      .default(1_000)
      .describe('How long a script that is tried out may run (ms): as the executors’ setting.'),
    SCRIPT_MEMORY_MB: z.coerce
      .number()
      .int()
      .min(8)
      .max(4_096)
      .default(64)
      .describe('What a script that is tried out may use of memory (MB): as the executors’ setting.'),
    ...conductorSettings,
  })
  .superRefine((settings, context) => {
    if (Boolean(settings.ADMIN_KEY_ID) === Boolean(settings.ADMIN_KEY_SECRET)) return;
    const missing = settings.ADMIN_KEY_ID ? 'ADMIN_KEY_SECRET' : 'ADMIN_KEY_ID';
    context.addIssue({ code: 'custom', path: [missing], message: 'has to be set too: the admin key is a pair' });
  })
  .superRefine(checkConductorSettings);

export type Settings = Readonly<z.output<typeof settingsSchema>>;

/** @throws {SettingsError} naming every fault. */
export function configSettings(env: NodeJS.ProcessEnv): Settings {
  return loadSettings(settingsSchema, env);
}
