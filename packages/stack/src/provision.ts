import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadSettings, SettingsError } from '@rostrum/service/settings';
import { z } from 'zod';
import { type Keys, loadKeys } from './keys.ts';
import { asUser, natsAuthorization, natsLiveness, newPasswords, type Passwords, redisAcl } from './rights/render.ts';
import { natsUsers, redisUsers } from './rights/table.ts';

/**
 * `node provision.ts`: makes the secrets of an installation in containers, once, and writes to each volume what its
 * service needs, so that none sees another's. Running it again makes nothing new: it writes the same secrets, or an
 * administrator's or demo key that is given now, with the rights that this release grants. With a name (`demo-api-key`) it
 * prints that secret.
 */

/** Used instead of a new one. */
const given = z.string().optional().meta({ secret: true });
const settingsSchema = z.object({
  NAMESPACE: z.string().default('rostrum'),
  /** One folder for each volume, and `state`, which keeps all. */
  VOLUMES: z.string().default('/volumes'),
  NATS_URL: z.string().default('nats://nats:4222'),
  REDIS_URL: z.string().default('redis://redis:6379'),
  /** Where the cache has a Redis of its own. */
  CACHE_REDIS_URL: z.string().default(''),
  MASTER_KEY: given,
  DIGEST_KEY: given,
  ADMIN_KEY_ID: given,
  ADMIN_KEY_SECRET: given,
  ROSTRUM_DEMO_API_KEY: given,
});
type Settings = z.output<typeof settingsSchema>;

/** As files are called. */
const fileNames: Record<keyof Keys, string> = {
  MASTER_KEY: 'master-key',
  DIGEST_KEY: 'digest-key',
  ADMIN_KEY_ID: 'admin-key-id',
  ADMIN_KEY_SECRET: 'admin-key-secret',
  ROSTRUM_DEMO_API_KEY: 'demo-api-key',
};

/** Who is given which of the keys. */
const readers: Record<string, readonly (keyof Keys)[]> = {
  ingress: ['DIGEST_KEY'],
  config: ['MASTER_KEY', 'DIGEST_KEY', 'ADMIN_KEY_ID', 'ADMIN_KEY_SECRET'],
  examples: ['ADMIN_KEY_ID', 'ADMIN_KEY_SECRET', 'ROSTRUM_DEMO_API_KEY'],
};

/** The content of each volume, by volume and file. */
function contents(settings: Settings, keys: Keys, passwords: Passwords): Record<string, Record<string, string>> {
  const authorization = natsAuthorization(settings.NAMESPACE, passwords.nats);
  const volumes: Record<string, Record<string, string>> = {
    nats: { 'authorization.conf': `${natsLiveness}${authorization}` },
    redis: { 'users.acl': redisAcl(settings.NAMESPACE, passwords.redis) },
  };
  const add = (volume: string, file: string, content: string) => {
    volumes[volume] = { ...volumes[volume], [file]: content };
  };
  for (const user of natsUsers) add(user, 'nats-url', asUser(settings.NATS_URL, user, passwords.nats[user]));
  for (const user of redisUsers) {
    const url = (user === 'cache' && settings.CACHE_REDIS_URL) || settings.REDIS_URL;
    add(user, 'redis-url', asUser(url, user, passwords.redis[user]));
  }
  for (const [volume, names] of Object.entries(readers)) {
    for (const name of names) add(volume, fileNames[name], keys[name]);
  }
  return volumes;
}

async function loadPasswords(file: string): Promise<Passwords> {
  try {
    const kept = JSON.parse(await readFile(file, 'utf8')) as Passwords;
    const made = newPasswords();
    // A release may know more users than the one before it.
    return { nats: { ...made.nats, ...kept.nats }, redis: { ...made.redis, ...kept.redis } };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return newPasswords();
  }
}

async function provision(settings: Settings): Promise<void> {
  const state = join(settings.VOLUMES, 'state');
  await refuseOtherKeys(join(state, 'keys.json'), settings);
  const keys = await loadKeys(state, settings);
  const passwordsFile = join(state, 'passwords.json');
  const passwords = await loadPasswords(passwordsFile);
  // Keys that were given are kept: an installation must not change its keys because a variable is missing the next time.
  await replaceFile(join(state, 'keys.json'), `${JSON.stringify(keys, undefined, 2)}\n`, 0o600);
  await replaceFile(passwordsFile, JSON.stringify(passwords, undefined, 2), 0o600);
  const written = Object.entries(contents(settings, keys, passwords)).map(async ([volume, files]) => {
    const folder = join(settings.VOLUMES, volume);
    await mkdir(folder, { recursive: true });
    // The servers' images run as users of their own; the services' as the one that this runs as.
    const mode = volume === 'nats' || volume === 'redis' ? 0o444 : 0o400;
    for (const [file, content] of Object.entries(files)) await replaceFile(join(folder, file), content, mode);
  });
  await Promise.all(written);
}

/**
 * What was stored under one of these keys cannot be read under another: a wrong one must not take the place of the right one.
 *
 * @throws {Error} naming the key and what to do.
 */
async function refuseOtherKeys(file: string, settings: Settings): Promise<void> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return;
  const kept = JSON.parse(text) as Keys;
  for (const name of ['MASTER_KEY', 'DIGEST_KEY'] as const) {
    if (!settings[name] || settings[name] === kept[name]) continue;
    throw new Error(
      `this installation has another ${name} than the one given, and what is stored needs the one it has. Leave ` +
        `${name} and ${name}_FILE out, or begin with empty volumes`,
    );
  }
}

/** A file that may only be read cannot be opened for writing: another takes its place, in one step. */
async function replaceFile(file: string, content: string, mode: number): Promise<void> {
  const draft = `${file}.new`;
  await rm(draft, { force: true });
  await writeFile(draft, content, { mode });
  await rename(draft, file);
}

async function show(settings: Settings, file: string): Promise<boolean> {
  const name = (Object.keys(fileNames) as (keyof Keys)[]).find((each) => fileNames[each] === file);
  if (name === undefined) {
    process.stderr.write(`No secret is called ${file}; there are: ${Object.values(fileNames).join(', ')}.\n`);
    return false;
  }
  const keys = await loadKeys(join(settings.VOLUMES, 'state'), settings);
  process.stdout.write(`${keys[name]}\n`);
  return true;
}

try {
  const settings = loadSettings(settingsSchema, process.env);
  const [file] = process.argv.slice(2);
  if (file === undefined) await provision(settings);
  else if (!(await show(settings, file))) process.exitCode = 2;
} catch (error) {
  process.stderr.write(`The secrets cannot be made: ${(error as Error).message}\n`);
  process.exitCode = error instanceof SettingsError ? 2 : 1;
}
