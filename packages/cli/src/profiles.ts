import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { CliError } from './exit.ts';

export interface AccessKey {
  keyId: string;
  keySecret: string;
}

/** What `rostrum login` keeps: an access key for each server, and the server that was logged in to last. */
interface Profiles {
  current?: string;
  servers: Record<string, AccessKey>;
}

/** `$XDG_CONFIG_HOME/rostrum/credentials.json`, which nobody else may read. */
export function profileFile(env: NodeJS.ProcessEnv = process.env): string {
  return join(env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'rostrum', 'credentials.json');
}

export function readProfiles(file = profileFile()): Profiles {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return { servers: {} };
  }
  try {
    return { servers: {}, ...(JSON.parse(text) as Partial<Profiles>) };
  } catch (error) {
    throw new CliError(`${file} is not JSON: remove it and log in again`, 1, error);
  }
}

/** Written beside it and moved into place, so that nobody ever reads half of it. */
export function writeProfiles(profiles: Profiles, file = profileFile()): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(profiles, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}
