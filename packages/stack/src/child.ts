import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { guard } from './guard.ts';

/** How many of a process's last lines are kept, for error messages and for tests. */
const keptLines = 300;

export interface ChildOptions<T> {
  /** As it is called in error messages. */
  name: string;
  command: string;
  args: readonly string[];
  env?: NodeJS.ProcessEnv | undefined;
  cwd?: string | undefined;
  /** Looks at each line of output, of both streams; anything but undefined means: it is ready. */
  ready(line: string): T | undefined;
  /** How long it may take to get ready (ms); 20 s unless given. */
  timeoutMs?: number | undefined;
  /** Where its output goes as well; begun anew with each start. */
  logFile?: string | undefined;
  /** Gives the start up; no effect once it is ready. */
  signal?: AbortSignal | undefined;
  /** Sends a signal, where the process is not the one to signal (a container's client). */
  kill?: (signal: NodeJS.Signals) => void;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A running process that ends when this one does. */
export interface Child<T> {
  readonly name: string;
  readonly pid: number;
  /** What its line of readiness said. */
  readonly ready: T;
  /** The last lines of its output. */
  readonly lines: readonly string[];
  readonly exited: Promise<Exit>;
  /** Sends the signal (SIGTERM unless given), waits for the end, and kills after `graceMs` (10 s unless given). */
  stop(signal?: NodeJS.Signals, graceMs?: number): Promise<Exit>;
}

/** A process did not get ready; the message says why, in its own last words. */
export class StartError extends Error {
  override name = 'StartError';
  readonly lines: readonly string[];
  constructor(child: string, reason: string, lines: readonly string[], cause?: unknown) {
    const tail = lines.slice(-8).map((line) => `\n  ${line.slice(0, 500)}`);
    super(`${child} did not start: ${reason}.${tail.length > 0 ? ` Its last lines:${tail.join('')}` : ''}`, { cause });
    this.lines = lines;
  }
}

/**
 * Starts a process in a process group of its own, so that a Ctrl-C reaches it through {@link Child.stop} only and in
 * the order its starter wants, and waits until it is ready.
 *
 * @throws {StartError} when it ends or takes too long before that; it is stopped then.
 */
export async function startChild<T>(options: ChildOptions<T>): Promise<Child<T>> {
  const { name, timeoutMs = 20_000 } = options;
  const running = spawn(options.command, options.args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (running.pid === undefined) {
    const [error] = await once(running, 'error');
    throw new StartError(name, (error as Error).message, [], error);
  }
  const pid = running.pid;
  guard.watch(pid);
  const lines: string[] = [];
  const exited = watchExit(running, pid);
  const kill = options.kill ?? ((signal: NodeJS.Signals) => running.kill(signal));
  const stop = async (signal: NodeJS.Signals = 'SIGTERM', graceMs = 10_000) => {
    kill(signal);
    const timer = setTimeout(() => killGroup(pid), graceMs);
    return exited.finally(() => clearTimeout(timer));
  };

  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const log = options.logFile === undefined ? undefined : createWriteStream(options.logFile);
  log?.on('error', () => {});
  const onLine = (line: string) => {
    log?.write(`${line}\n`);
    lines.push(line);
    if (lines.length > keptLines) lines.shift();
    const ready = options.ready(line);
    if (ready !== undefined) resolve(ready);
  };
  for (const stream of [running.stdout, running.stderr] as Readable[]) {
    createInterface({ input: stream }).on('line', onLine);
  }
  void exited.then((exit) => {
    log?.end();
    reject(new StartError(name, describeExit(exit), lines));
  });
  const giveUp = () => reject(new StartError(name, 'the start was given up', lines));
  if (options.signal?.aborted) giveUp();
  options.signal?.addEventListener('abort', giveUp);
  const timer = setTimeout(() => reject(new StartError(name, `not ready after ${timeoutMs} ms`, lines)), timeoutMs);
  try {
    return { name, pid, ready: await promise, lines, exited, stop };
  } catch (error) {
    await stop('SIGKILL');
    throw error;
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', giveUp);
  }
}

/** Settles when the process has exited and its output was read; takes along what it left behind in its group. */
function watchExit(child: ChildProcess, pid: number): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('exit', () => {
      killGroup(pid);
      guard.forget(pid);
    });
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
}

function killGroup(pid: number) {
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // Nobody is left in the group.
  }
}

function describeExit({ code, signal }: Exit): string {
  return signal === null ? `it ended with exit code ${code}` : `it was ended by ${signal}`;
}
