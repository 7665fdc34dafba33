import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stateDirectory } from '@rostrum/stack';
import type { DevFile } from './state.ts';

/** Puts the address and keys of what `npm start` runs into the environment, where that does not say others. */
export function useDevAccess(env: NodeJS.ProcessEnv = process.env): void {
  try {
    const { config, conductor, nats, redis, admin, demo } = JSON.parse(
      readFileSync(join(stateDirectory(), 'dev.json'), 'utf8'),
    ) as DevFile;
    env.CONFIG_URL ??= config;
    // For `doctor`.
    env.CONDUCTOR_SERVER_URL ??= conductor;
    env.NATS_URL ??= nats;
    env.REDIS_URL ??= redis;
    env.ADMIN_KEY_ID ??= admin.keyId;
    env.ADMIN_KEY_SECRET ??= admin.keySecret;
    env.ROSTRUM_DEMO_API_KEY ??= demo.apiKey;
  } catch {
    // Nothing runs here: the environment, or a login, has to say where.
  }
}
