import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stateDirectory } from '@rostrum/stack';

/**
 * `npm run apply -- <file>…`: the config service's loader, with the address and keys of what `npm start` runs. What the
 * environment says (CONFIG_URL, ADMIN_KEY_ID, ADMIN_KEY_SECRET) goes before that.
 */
interface DevFile {
  config: string;
  admin: { keyId: string; keySecret: string };
  demo: { apiKey: string };
}

try {
  const { config, admin, demo } = JSON.parse(readFileSync(join(stateDirectory(), 'dev.json'), 'utf8')) as DevFile;
  process.env.CONFIG_URL ??= config;
  process.env.ADMIN_KEY_ID ??= admin.keyId;
  process.env.ADMIN_KEY_SECRET ??= admin.keySecret;
  process.env.ROSTRUM_DEMO_API_KEY ??= demo.apiKey;
} catch {
  // Nothing runs here: the environment has to say where.
}
await import('../services/config/src/apply.ts');
