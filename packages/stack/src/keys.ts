import { randomBytes } from 'node:crypto';
import { chmod, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The secrets of one installation. */
export interface Keys {
  /** Encrypts secrets at rest: base64 of 32 bytes. */
  MASTER_KEY: string;
  /** Keys the digests of API keys: `<id>:<base64 of 32 bytes>`. */
  DIGEST_KEY: string;
  /** Access key of the first administrator. */
  ADMIN_KEY_ID: string;
  ADMIN_KEY_SECRET: string;
  /** The API key that the examples' routes ask for. */
  ROSTRUM_DEMO_API_KEY: string;
}

export function newKeys(): Keys {
  const secret = () => randomBytes(32).toString('base64');
  const name = () => randomBytes(18).toString('base64url');
  return {
    MASTER_KEY: secret(),
    DIGEST_KEY: `dev1:${secret()}`,
    ADMIN_KEY_ID: `admin-${randomBytes(4).toString('hex')}`,
    ADMIN_KEY_SECRET: name(),
    ROSTRUM_DEMO_API_KEY: `demo-${name()}`,
  };
}

/**
 * The keys kept in `directory`, made with the first call (file mode 0600). Those set in the environment win over them.
 */
export async function loadKeys(directory: string, env: NodeJS.ProcessEnv = process.env): Promise<Keys> {
  const file = join(directory, 'keys.json');
  await mkdir(directory, { recursive: true });
  const kept = await readKeys(file).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw new Error(`${file} cannot be used: ${error.message}`, { cause: error });
    return makeKeys(file);
  });
  const names = Object.keys(newKeys()) as (keyof Keys)[];
  return Object.fromEntries(names.map((name) => [name, env[name] || kept[name]])) as unknown as Keys;
}

/** A link is made or refused in one step: of two starts at the same time, both use the keys of the first. */
async function makeKeys(file: string): Promise<Keys> {
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(newKeys(), undefined, 2)}\n`, { mode: 0o600 });
  await chmod(draft, 0o600);
  try {
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return readKeys(file);
}

async function readKeys(file: string): Promise<Keys> {
  return JSON.parse(await readFile(file, 'utf8')) as Keys;
}
