import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '@rostrum/stack';
import { waitFor } from '@rostrum/testkit';
import type { DevFile } from './lib/state.ts';

/** An `npm start` for tests, on free ports, with a state directory of its own. */
export class Started {
  readonly directory = mkdtempSync(join(tmpdir(), 'rostrum-start-'));
  readonly npm: ChildProcess;
  readonly exitCode: Promise<number | null>;
  output = '';

  constructor(env: Record<string, string> = {}) {
    const ports = { INGRESS_PORT: '0', CONFIG_PORT: '0', CONDUCTOR_DEV_PORT: '0' };
    // A process group of its own is what a terminal gives it, too: a Ctrl-C goes to all of the group.
    this.npm = spawn('npm', ['start'], {
      cwd: root,
      env: { ...usersEnvironment(), ROSTRUM_STATE_DIR: this.directory, ...ports, ...env },
      detached: true,
    });
    for (const stream of [this.npm.stdout, this.npm.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk;
      });
    }
    this.exitCode = new Promise((resolve) => this.npm.once('close', resolve));
  }

  /** Waits until this stands in its output. */
  async says(text: string): Promise<void> {
    const what = `npm start to say "${text}"`;
    await waitFor(() => this.output.includes(text) || this.npm.exitCode !== null, { what, timeoutMs: 60_000 });
    if (!this.output.includes(text)) throw new Error(`npm start ended (${this.npm.exitCode}): ${this.output}`);
  }

  /** Waits until it is ready, and gives what `dev.json` says. */
  async ready(directory = this.directory): Promise<DevFile> {
    await this.says('Ctrl-C stops everything');
    return JSON.parse(readFileSync(join(directory, 'dev.json'), 'utf8')) as DevFile;
  }

  /**
   * All processes that stem from it, whoever their parent is by now: found (on Linux) by their environment, or by their
   * working directory, since redis-server writes its title over its environment.
   */
  processes(): { pid: number; command: string }[] {
    const mark = `ROSTRUM_STATE_DIR=${this.directory}\0`;
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => readProc(pid, 'environ').includes(mark) || workingDirectory(pid).startsWith(this.directory))
      .map((pid) => ({ pid: Number(pid), command: readProc(pid, 'cmdline').replaceAll('\0', ' ').trim() }));
  }

  async nothingLeft(): Promise<void> {
    await waitFor(() => this.processes().length === 0, { what: 'all processes to end', timeoutMs: 15_000 }).catch(
      (error: Error) => {
        throw new Error(`${error.message}: ${JSON.stringify(this.processes())}`);
      },
    );
  }

  async [Symbol.asyncDispose]() {
    for (const { pid } of this.processes()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself.
      }
    }
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** The environment without what npm and vitest put into it. */
function usersEnvironment(): NodeJS.ProcessEnv {
  const added = /^(npm_|VITEST|NODE_ENV$|NODE_OPTIONS$|INIT_CWD$|TEST$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !added.test(name)));
}

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

function workingDirectory(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}
