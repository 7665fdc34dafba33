import { readFileSync } from 'node:fs';
import { CliError } from './exit.ts';
import { type AccessKey, readProfiles } from './profiles.ts';

export interface Access {
  /** Such as `http://127.0.0.1:7081`. */
  server: string;
  /** An access key, or a token; neither where none is known. */
  key: AccessKey | undefined;
  token: string | undefined;
  /** Where the key comes from, for people. */
  from: string;
}

const usual = 'http://127.0.0.1:7081';

/**
 * Which server, and who calls. The server: `--server`, ROSTRUM_SERVER, CONFIG_URL, the last login, this machine. The
 * key: ROSTRUM_TOKEN, ROSTRUM_KEY_ID and _SECRET, ADMIN_KEY_ID and _SECRET, the login at just this server; each may be
 * given as a file by `NAME_FILE`.
 *
 * @throws {CliError} when a named file cannot be read, or the server is no URL.
 */
export function findAccess(given: string | undefined, env: NodeJS.ProcessEnv = process.env): Access {
  const profiles = readProfiles();
  const server = normalServer(given ?? (env['ROSTRUM_SERVER'] || env['CONFIG_URL'] || profiles.current || usual));
  const token = setting(env, 'ROSTRUM_TOKEN');
  for (const prefix of ['ROSTRUM_KEY', 'ADMIN_KEY']) {
    const [keyId, keySecret] = [setting(env, `${prefix}_ID`), setting(env, `${prefix}_SECRET`)];
    if (keyId && keySecret) return { server, token, key: { keyId, keySecret }, from: `${prefix}_ID` };
    if (keyId || keySecret) {
      const [has, lacks] = keyId ? ['ID', 'SECRET'] : ['SECRET', 'ID'];
      throw new CliError(`${prefix}_${has} is set and ${prefix}_${lacks} is not: an access key is both`, 2);
    }
  }
  const key = profiles.servers[server];
  return { server, token, key, from: key ? 'rostrum login' : 'nowhere' };
}

/** Without a slash or `/api` at the end. @throws {CliError} */
export function normalServer(text: string): string {
  try {
    const { protocol } = new URL(text);
    if (protocol === 'http:' || protocol === 'https:') return text.replace(/\/+$/, '').replace(/\/api$/, '');
  } catch {
    // Told below.
  }
  throw new CliError(`${text} is not the address of a server: write http://host:port or https://host`, 2);
}

function setting(env: NodeJS.ProcessEnv, name: string): string | undefined {
  if (env[name]) return env[name];
  const file = env[`${name}_FILE`];
  if (!file) return undefined;
  try {
    return readFileSync(file, 'utf8').trim() || undefined;
  } catch (error) {
    throw new CliError(`${name}_FILE: ${(error as Error).message}`, 2, error);
  }
}
