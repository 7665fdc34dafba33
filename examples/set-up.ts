import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadDefinitions } from './load.ts';

/**
 * Loads all of the examples into an installation in containers: workflows and tasks into Conductor, routes into the
 * gateway. `NAME_FILE` names a file that holds `NAME`. Doing it again changes nothing. Run it with: node examples/set-up.ts
 */

const names = [
  ...['CONDUCTOR_SERVER_URL', 'CONDUCTOR_AUTH_KEY', 'CONDUCTOR_AUTH_SECRET', 'CONFIG_URL'],
  ...['ADMIN_KEY_ID', 'ADMIN_KEY_SECRET', 'ROSTRUM_DEMO_API_KEY'],
];
const { CONDUCTOR_SERVER_URL: serverUrl = '', ...environment } = Object.fromEntries(
  names.map((name) => {
    const file = process.env[`${name}_FILE`];
    return [name, process.env[name] || (file ? readFileSync(file, 'utf8').trim() : '')];
  }),
);

try {
  const { CONDUCTOR_AUTH_KEY: keyId, CONDUCTOR_AUTH_SECRET: keySecret } = environment;
  console.log(`Loaded into ${serverUrl}: ${(await loadDefinitions({ serverUrl, keyId, keySecret })).join(', ')}`);
} catch (error) {
  const cause = (error as Error).cause instanceof Error ? ` (${((error as Error).cause as Error).message})` : '';
  console.error(
    `The examples' workflows cannot be loaded into ${serverUrl}: ${(error as Error).message}${cause}. Set COMPOSE_PROFILES ` +
      'to conductor or dev to have a Conductor started, or CONDUCTOR_SERVER_URL to one of yours.',
  );
  process.exit(1);
}
const files = ['approval', 'feedback', 'ticket'].map((name) => join(import.meta.dirname, name, 'rostrum.yaml'));
// The image has the command line built, a checkout as it is written.
const cli = join(import.meta.dirname, '..', 'packages', 'cli');
const built = join(cli, 'dist', 'rostrum.mjs');
const rostrum = existsSync(built) ? built : join(cli, 'src', 'main.ts');
const plain = Object.entries(environment).filter(([, value]) => value !== '');
const { status } = spawnSync(process.execPath, [rostrum, 'apply', ...files], {
  stdio: 'inherit',
  env: { PATH: process.env.PATH, ...Object.fromEntries(plain) },
});
process.exit(status ?? 1);
