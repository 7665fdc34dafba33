import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { guard } from '@rostrum/stack';

/** What `dev.json` tells tools and tests about a running stack. */
export interface DevFile {
  ingress: string;
  config: string;
  conductor: string;
  nats: string;
  redis: string;
  admin: { keyId: string; keySecret: string };
  demo: { apiKey: string };
}

/** How long the guard of a start that was killed may take to clean up (ms): its grace, and some. */
const cleanUpMs = 8_000;

/**
 * Makes sure that one start only uses the state directory: two would ruin each other's data. Gives a function that
 * releases it; the guard does that where this process is killed.
 *
 * @throws {Error} when another start uses it.
 */
export async function lockState(directory: string): Promise<() => void> {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'start.pid');
  const deadline = Date.now() + cleanUpMs;
  while (!create(file, `${process.pid} ${guard.pid}\n`)) {
    const [pid = 0, guardPid = 0] = read(file).split(' ').map(Number);
    if (isRunning(pid, 'scripts/start.ts')) {
      throw new Error(
        `Rostrum runs already with ${directory} (process ${pid}): stop it, or set ROSTRUM_STATE_DIR to another ` +
          `directory. If that process is something else, delete ${file}.`,
      );
    }
    // Whoever made it was killed: its guard stops the rest and removes the file, if there is still a guard.
    if (!isRunning(guardPid, 'guard-process.ts') || Date.now() > deadline) rmSync(file, { force: true });
    else await delay(20);
  }
  guard.removeAtEnd(file);
  return () => {
    guard.keep(file);
    rmSync(file, { force: true });
  };
}

/** Writes `dev.json` in one step, readable by its owner only; gives a function that removes it. */
export function writeDevFile(directory: string, content: DevFile): () => void {
  const file = join(directory, 'dev.json');
  const draft = `${file}.${process.pid}`;
  guard.removeAtEnd(file);
  writeFileSync(draft, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
  return () => {
    guard.keep(file);
    rmSync(file, { force: true });
  };
}

/** False when the file exists already. */
function create(file: string, content: string): boolean {
  try {
    writeFileSync(file, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

/** Whether a process runs and, where the system tells (Linux), is the one meant: ids are used again. */
function isRunning(pid: number, script: string): boolean {
  if (!pid) return false;
  if (process.platform === 'linux') return read(`/proc/${pid}/cmdline`).includes(script);
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
