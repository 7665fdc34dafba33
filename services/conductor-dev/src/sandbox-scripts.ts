import { createSandbox, type Sandbox, ScriptError } from '@rostrum/sandbox';
import { ScriptFailure, type ScriptRunner, type ScriptSource } from './engine/scripts.ts';
import { type WrappedOutcome, wrapScript } from './script-wrapper.ts';

/** The real server's limit for one script. */
const LIMIT_MS = 4000;
/** Scripts given to the sandbox at the same time; more wait here, where none is ever refused. */
const MAX_IN_FLIGHT = 200;

/** Runs scripts in the sandbox, whose processes are started when the first script comes. */
export class SandboxScripts implements ScriptRunner {
  #sandbox: Promise<Sandbox> | undefined;
  #inFlight = 0;
  readonly #waiting: (() => void)[] = [];

  async run({ script, input, workflow, task }: ScriptSource): Promise<unknown> {
    const sandbox = await this.#start();
    const run = {
      script: wrapScript(script),
      input: JSON.stringify(input),
      deadlineMs: LIMIT_MS,
      owner: workflow,
      revision: `${workflow}:${task}`,
    };
    await this.#enter();
    try {
      for (;;) {
        try {
          const [ok, value, line] = JSON.parse((await sandbox.run(run)).output) as WrappedOutcome;
          if (ok) return value;
          throw new ScriptFailure(evaluationError(value, line));
        } catch (error) {
          if (!(error instanceof ScriptError)) throw error;
          // It never began, so it may be sent again; a script that is only late must not fail a workflow.
          if (error.code !== 'sandbox-overloaded') throw toFailure(error);
        }
      }
    } finally {
      this.#leave();
    }
  }

  async check(script: string): Promise<string | undefined> {
    try {
      await (await this.#start()).check(script);
      return undefined;
    } catch (error) {
      if (error instanceof ScriptError && error.code === 'script-failed') return error.message;
      throw error;
    }
  }

  async close(): Promise<void> {
    // One that never came up has nothing to close.
    await this.#sandbox?.then(
      (sandbox) => sandbox.close(),
      () => {},
    );
  }

  #start(): Promise<Sandbox> {
    this.#sandbox ??= createSandbox({ size: 2, spares: 1 }).catch((error: unknown) => {
      this.#sandbox = undefined;
      throw new ScriptFailure(`scripts cannot be run: ${(error as Error).message}`, 'retriable');
    });
    return this.#sandbox;
  }

  async #enter(): Promise<void> {
    if (this.#inFlight >= MAX_IN_FLIGHT) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#inFlight += 1;
  }

  /** Passes the place on to the one that has waited longest. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#inFlight -= 1;
  }
}

/** The failure in the real server's words. A script that took too long may be retried, one that threw may not. */
function toFailure({ code, message, line }: ScriptError): ScriptFailure {
  if (code !== 'script-timeout') return new ScriptFailure(evaluationError(message, line));
  return new ScriptFailure(`Script not evaluated within ${LIMIT_MS / 1000} seconds, interrupted.`, 'retriable');
}

function evaluationError(message: string, line: number | undefined): string {
  return `Error evaluating the script \`${message}\`${line === undefined ? '' : ` at line ${line}`}`;
}
