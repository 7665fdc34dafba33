import {
  busSettings,
  loadSettings,
  milliseconds,
  port,
  processSettings,
  redisSettings,
} from '@rostrum/service/settings';
import { tracingSettings } from '@rostrum/tracing';
import { z } from 'zod';

const poolName = /^[a-z0-9][a-z0-9_-]*$/;

const scriptBytes = () =>
  z.coerce
    .number()
    .int()
    .min(1_024)
    .max(256 * 1_024 * 1_024)
    .default(4 * 1_024 * 1_024);

/** The executor's settings. */
export const settingsSchema = z
  .object({
    ...processSettings,
    ...busSettings,
    ...tracingSettings,
    ...redisSettings,
    DRAIN_TIMEOUT_MS: milliseconds()
      .default(310_000)
      .describe('How long a stopping executor may take to wait for the workflows that callers wait for (ms).'),
    EXECUTOR_POOLS: z
      .string()
      .default('default')
      .transform((text) => text.split(',').map((pool) => pool.trim()))
      .refine((pools) => pools.every((pool) => poolName.test(pool)), 'comma-separated names of [a-z0-9_-]')
      .describe('Pools this executor serves, comma-separated. A service names its pool; `default` unless it does.'),
    CONDUCTOR_SERVER_URL: z
      .string()
      .regex(/^https?:\/\//, 'use http://host:port/api')
      .transform((url) => url.replace(/\/+$/, ''))
      .default('http://127.0.0.1:7090/api')
      .describe('Base URL of Conductor’s API, `/api` included.'),
    CONDUCTOR_AUTH_KEY: z.string().optional().describe('Access key id for servers that want tokens (Orkes).'),
    CONDUCTOR_AUTH_SECRET: z.string().optional().describe('Secret of the access key.').meta({ secret: true }),
    CONDUCTOR_CALL_TIMEOUT_MS: milliseconds()
      .default(10_000)
      .describe('How long one call to Conductor may take, its time in the queue not counted (ms).'),
    CONDUCTOR_MAX_RESPONSE_BYTES: z.coerce
      .number()
      .int()
      .min(1_024)
      .default(16 * 1024 * 1024)
      .describe('Largest answer that is read from Conductor.'),
    CONDUCTOR_QUEUE_MAX: z.coerce
      .number()
      .int()
      .min(1)
      .default(2_000)
      .describe('Calls that may wait for their turn at Conductor; more are refused as `overloaded`.'),
    CONDUCTOR_QUEUE_MAX_BYTES: z.coerce
      .number()
      .int()
      .min(1)
      .default(64 * 1024 * 1024)
      .describe('Bytes of workflow inputs that may wait for their turn at Conductor.'),
    PUSH_SECRET: z
      .string()
      .regex(/^[\w-]{16,200}$/, 'use 16 or more letters, digits, _ and -')
      .optional()
      .describe(
        'Part of the path that Conductor posts the ends of workflows to (see docs/executor.md); without it none are taken.',
      )
      .meta({ secret: true }),
    PUSH_HOST: z.string().default('127.0.0.1').describe('Address that pushes of Conductor are taken at.'),
    PUSH_PORT: port().default(7083).describe('Port that pushes of Conductor are taken at.'),
    MAX_EXECUTIONS: z.coerce
      .number()
      .int()
      .min(1)
      .default(20_000)
      .describe('Executions in one process at the same time, waiting ones included; more are refused as `overloaded`.'),
    SCRIPT_TIMEOUT_MS: milliseconds().default(1_000).describe('How long a route’s script may run (ms).'),
    SCRIPT_MEMORY_MB: z.coerce
      .number()
      .int()
      .min(8)
      .max(4_096)
      .default(64)
      .describe(
        'What a script may use of memory (MB). Its process is killed when it has grown by twice that and 64 MB.',
      ),
    SCRIPT_MAX_INPUT_BYTES: scriptBytes().describe('Largest `$` of a script, as JSON in UTF-8, and largest script.'),
    SCRIPT_MAX_OUTPUT_BYTES: scriptBytes().describe('Largest result of a script, as JSON in UTF-8.'),
    SCRIPT_PROCESSES: z.coerce
      .number()
      .int()
      .min(2)
      .max(64)
      .default(4)
      .describe('Processes that run scripts, one each at a time. One service may use half of them at once.'),
    PERMIT_LEASE_MS: milliseconds()
      .min(300, 'use 300 or more: it is renewed every ninth of it')
      .default(30_000)
      .describe(
        'Lease of a concurrency permit (ms). A dead executor’s watches are taken over within 4/9 of it. The same on all executors of a pool.',
      ),
    PERMIT_WAITS_MAX: z.coerce
      .number()
      .int()
      .min(0)
      .default(10_000)
      .describe('Requests that may wait for a concurrency permit in one process; more are refused at once (429).'),
    PERMIT_LOOK_MS: milliseconds()
      .default(30_000)
      .describe('Longest pause between looks at a workflow whose caller has gone but whose permit is taken (ms).'),
    UNRESOLVED_BOUND_MS: milliseconds()
      .default(300_000)
      .describe('How long a permit is held whose start nobody can tell the fate of (ms).'),
    EXECUTION_KEEP_SECONDS: z.coerce
      .number()
      .int()
      .min(60)
      .default(86_400)
      .describe('How long an execution answered with 202 can be looked up (s). See config’s `REVISION_KEEP_MS`.'),
    RECENT_EXECUTIONS: z.coerce
      .number()
      .int()
      .min(0)
      .max(1_000)
      .default(50)
      .describe(
        'How many of a route’s last executions the admin API can list, as long as `EXECUTION_KEEP_SECONDS`; 0: none. Of the 5,000 routes that ran last: about 50 MB in Redis at most.',
      ),
    IDEMPOTENCY_KEEP_SECONDS: z.coerce
      .number()
      .int()
      .min(60)
      .default(86_400)
      .describe('How long an `Idempotency-Key` and the answer to it are kept (s).'),
  })
  .superRefine((settings, context) => {
    if (Boolean(settings.CONDUCTOR_AUTH_KEY) === Boolean(settings.CONDUCTOR_AUTH_SECRET)) return;
    const missing = settings.CONDUCTOR_AUTH_KEY ? 'CONDUCTOR_AUTH_SECRET' : 'CONDUCTOR_AUTH_KEY';
    const message = 'has to be set too: an access key of Conductor is an id and its secret';
    context.addIssue({ code: 'custom', path: [missing], message });
  });
export type Settings = Readonly<z.output<typeof settingsSchema>>;

export function readSettings(): Settings {
  return loadSettings(settingsSchema, process.env);
}
