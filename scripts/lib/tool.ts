import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { root } from '@rostrum/stack';

let running: ChildProcess | undefined;
let stopped = false;

/** Ends what {@link runTool} runs when the process that started this one asks for it, or is there no more. */
export function stopToolsWithParent() {
  const stop = (signal: NodeJS.Signals) => {
    stopped = true;
    running?.kill(signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(signal));
  process.on('disconnect', () => stop('SIGTERM'));
  process.channel?.unref();
}

/**
 * Runs a tool in the foreground, in the checkout's root, and gives its exit code; 1 also where its output does not match
 * `output`.
 */
export function runTool(program: string, args: readonly string[], output?: RegExp): Promise<number> {
  if (stopped) return Promise.resolve(1);
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, stdio: ['inherit', output ? 'pipe' : 'inherit', 'inherit'] });
    running = child;
    let written = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      written += chunk;
      process.stdout.write(chunk);
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (signal) resolve(128 + constants.signals[signal]);
      else resolve(code === 0 && output && !output.test(written) ? 1 : (code ?? 1));
    });
  });
}
