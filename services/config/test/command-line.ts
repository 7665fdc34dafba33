import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from '@rostrum/testkit';
import { beforeAll } from 'vitest';
import type { Replica } from './replica.ts';

const script = fileURLToPath(new URL('../../../packages/cli/src/main.ts', import.meta.url));

/** The command line as a process of its own for each call, in a folder of this file's tests. */
export function useCommandLine(replica: () => Replica) {
  let directory: string;
  beforeAll(async () => {
    directory = await temporaryDirectory('cli');
  });
  return {
    folder: () => directory,
    async write(name: string, content: unknown): Promise<string> {
      const file = join(directory, name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
      return file;
    },
    /** Runs the command line with the rights of the first admin. */
    async rostrum(args: readonly string[], env: Record<string, string> = {}, input = '') {
      const access = { ROSTRUM_SERVER: replica().url, ROSTRUM_KEY_ID: 'admin', ROSTRUM_KEY_SECRET: 'test-secret' };
      const { NO_COLOR: _, FORCE_COLOR: __, ...own } = process.env;
      return new Promise<{ code: number; out: string; err: string }>((resolve) => {
        const run = execFile(
          process.execPath,
          [script, ...args],
          { cwd: directory, env: { ...own, XDG_CONFIG_HOME: directory, ...access, ...env } },
          (_error, out, err) => resolve({ code: run.exitCode ?? -1, out, err: err.replaceAll(`${directory}/`, '') }),
        );
        run.stdin?.end(input);
      });
    },
  };
}
