import { loadSettings, port, processSettings } from '@rostrum/service/settings';
import { z } from 'zod';

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
    .default(50_000)
    .describe('How many workflows may be running in the development Conductor; another start is answered with 429.'),
});

export type Settings = z.output<typeof settingsSchema>;

/** @throws {SettingsError} naming every fault. */
export const readSettings = (env: NodeJS.ProcessEnv): Readonly<Settings> => loadSettings(settingsSchema, env);
