import { loadSettings, port, processSettings } from '@rostrum/service/settings';
import { z } from 'zod';
import { pushedStatuses } from './push/status-publisher.ts';

/** Settings of conductor-dev, read from the environment. */
export const settingsSchema = z.object({
  ...processSettings,
  CONDUCTOR_DEV_HOST: z.string().default('127.0.0.1').describe('Address the development Conductor listens on.'),
  CONDUCTOR_DEV_PORT: port()
    .default(7090)
    .describe('Port of the development Conductor; its API is under `/api`. 0 takes a free one.'),
  CONDUCTOR_DEV_KEEP_ENDED: z.coerce
    .number()
    .int()
    .min(0)
    .default(10_000)
    .describe('How many workflows that have ended the development Conductor keeps in memory; the oldest go first.'),
  CONDUCTOR_DEV_MAX_RUNNING: z.coerce
    .number()
    .int()
    .min(1)
    .default(20_000)
    .describe('How many workflows may be running in the development Conductor; another start is answered with 429.'),
  CONDUCTOR_DEV_PUSH_URL: z
    .string()
    .regex(/^https?:\/\//, 'use http://host:port/path')
    .transform((url) => url.replace(/\/+$/, ''))
    .optional()
    .describe(
      'Where the development Conductor posts what becomes of workflows (to `{url}/null`, as a real one does with `conductor.status-notifier.notification.url`); without it nothing is pushed.',
    ),
  CONDUCTOR_DEV_PUSH_STATUSES: z
    .string()
    .default('COMPLETED,FAILED,TIMED_OUT,TERMINATED')
    .transform((text) => text.split(',').map((status) => status.trim()))
    .refine(
      (statuses) => statuses.every((status) => (pushedStatuses as readonly string[]).includes(status)),
      `comma-separated, of ${pushedStatuses.join(', ')}`,
    )
    .describe('What is pushed, comma-separated. TERMINATED stands for every end that is no success.'),
});

export type Settings = z.output<typeof settingsSchema>;

/** @throws {SettingsError} naming every fault. */
export const readSettings = (env: NodeJS.ProcessEnv): Readonly<Settings> => loadSettings(settingsSchema, env);
