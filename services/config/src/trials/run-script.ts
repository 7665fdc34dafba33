import { createHash } from 'node:crypto';
import { createSandbox, type Sandbox, ScriptError, type ScriptRun } from '@rostrum/sandbox';
import { AdminProblem } from '../problems.ts';

/** What a script came to: its value, or where and why it failed. `line` and `column` count from 1 in the script as sent. */
export interface ScriptTrial {
  result?: unknown;
  error?: { code: string; message: string; line?: number; column?: number };
  /** Lines of `console.log`. */
  logs: readonly string[];
  /** Inside the sandbox; of one that failed, its wait for a process included. */
  durationMs: number;
}

/** Runs scripts that are tried out, apart from those of routes. */
export interface ScriptRunner {
  /** `owner` is who tries it: scripts of two never share an isolate. @throws {AdminProblem} service-unavailable. */
  run(script: string, payload: unknown, owner: string): Promise<ScriptTrial>;
  close(): Promise<void>;
}

export interface ScriptRunnerOptions {
  /** How long a script may take (ms): as long as a route's. */
  timeoutMs: number;
  memoryLimitMb: number;
  maxInputBytes: number;
}

/** Scripts of that many may wait for one of the two processes. */
const QUEUE = 20;
/** Its processes end when nobody has tried anything for so long (ms). */
const IDLE_MS = 300_000;

/** A sandbox of its own, which starts with the first script: most installations never try one here. */
export function createScriptRunner({ timeoutMs, ...limits }: ScriptRunnerOptions): ScriptRunner {
  let starting: Promise<Sandbox> | undefined;
  let running = 0;
  let closed = false;
  let idle: NodeJS.Timeout | undefined;

  const sandbox = (): Promise<Sandbox> => {
    starting ??= createSandbox({ ...limits, size: 2, spares: 0, queueLimit: QUEUE }).catch((error: unknown) => {
      starting = undefined;
      throw unavailable('Scripts cannot be run here at the moment; the log says why.', error);
    });
    return starting;
  };
  const stop = async (): Promise<void> => {
    const stopping = starting;
    starting = undefined;
    // One that never came up has nothing to close.
    await stopping?.then(
      (each) => each.close(),
      () => {},
    );
  };
  const runOne = async (run: ScriptRun): Promise<ScriptTrial> => {
    const pool = await sandbox();
    const began = performance.now();
    try {
      const { output, logs, durationMs } = await pool.run(run);
      return { result: JSON.parse(output), logs, durationMs: rounded(durationMs) };
    } catch (error) {
      if (!(error instanceof ScriptError)) throw error;
      if (error.code === 'sandbox-overloaded' || error.code === 'sandbox-closed') {
        throw unavailable('Too many scripts are being tried at once; try again.', error);
      }
      const { code, message, line, column, logs } = error;
      const position = line === undefined ? {} : { line, column: column ?? 1 };
      return { error: { code, message, ...position }, logs, durationMs: rounded(performance.now() - began) };
    }
  };
  return {
    async run(script, payload, owner) {
      if (closed) throw unavailable('This replica is stopping; try again.');
      clearTimeout(idle);
      running += 1;
      try {
        const revision = createHash('sha256').update(script).digest('base64url');
        const input = JSON.stringify(payload ?? {});
        return await runOne({ script, input, deadlineMs: timeoutMs, owner, revision });
      } finally {
        running -= 1;
        if (running === 0) idle = setTimeout(() => void stop(), IDLE_MS).unref();
      }
    },
    async close() {
      closed = true;
      clearTimeout(idle);
      await stop();
    },
  };
}

function unavailable(detail: string, cause?: unknown): AdminProblem {
  return new AdminProblem('service-unavailable', detail, {}, cause);
}

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}
