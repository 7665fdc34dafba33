import { ScriptError } from './errors.ts';
import { type Job, keyOf } from './job.ts';
import { type Limits, toLimits } from './limits.ts';
import { residentBytes } from './memory.ts';
import { closed, overloaded } from './outcome.ts';
import { Penalties } from './penalties.ts';
import { Pool, type PoolOptions } from './pool.ts';
import type { Sandbox, SandboxEvent, SandboxOptions, SandboxStats, ScriptResult, ScriptRun } from './types.ts';

/** How long a script may take to compile in `check` (ms). */
const checkDeadlineMs = 2_000;

/**
 * Starts the pool; resolves when every child is ready.
 *
 * @throws {RangeError} when an option is out of its range
 * @throws {Error} when a child cannot be started, with what it wrote
 */
export async function createSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = new ProcessSandbox(options);
  try {
    await sandbox.start();
  } catch (error) {
    await sandbox.close();
    throw error;
  }
  return sandbox;
}

class ProcessSandbox implements Sandbox {
  readonly #limits: Limits;
  readonly #pool: Pool;
  readonly #penalties = new Penalties();
  /** The one child of all penalised revisions, while there are any. */
  #penaltyPool: Pool | undefined;
  #penaltyTimer: NodeJS.Timeout | undefined;
  readonly #event: (event: SandboxEvent) => void;
  #runs = 0;
  #earlierKills = 0;
  #endedPools: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(options: SandboxOptions) {
    this.#limits = toLimits(options, residentBytes(process.pid) !== undefined);
    this.#event = (event) => options.onEvent?.(event);
    const { size, spares } = this.#limits;
    this.#pool = this.#createPool({ size, spares, perOwner: Math.max(1, Math.floor(size / 2)) });
  }

  start(): Promise<void> {
    return this.#pool.start();
  }

  run(run: ScriptRun): Promise<ScriptResult> {
    return this.#submit({ ...run, kind: 'run' });
  }

  async check(script: string): Promise<void> {
    // An owner of its own: what others compile shares an isolate, but nothing runs in it.
    const run = { script, input: 'null', deadlineMs: checkDeadlineMs, owner: '\0check', revision: script };
    await this.#submit({ ...run, kind: 'check' });
  }

  stats(): SandboxStats {
    const pools = this.#penaltyPool ? [this.#pool, this.#penaltyPool] : [this.#pool];
    const sum = (count: (pool: Pool) => number) => pools.reduce((total, pool) => total + count(pool), 0);
    return {
      ready: sum((pool) => pool.ready),
      running: sum((pool) => pool.running),
      waiting: sum((pool) => pool.waiting),
      runs: this.#runs,
      kills: sum((pool) => pool.kills) + this.#earlierKills,
      children: pools.flatMap((pool) => {
        const penalty = pool === this.#penaltyPool;
        return [...pool.children].map(({ pid, owner, state }) => ({ pid, owner, running: state === 'busy', penalty }));
      }),
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#penaltyTimer);
    await Promise.all([this.#pool.close(), this.#penaltyPool?.close(), this.#endedPools]);
  }

  #submit(run: ScriptRun & Pick<Job, 'kind'>): Promise<ScriptResult> {
    const refusal = this.#refusal(run);
    if (refusal !== undefined) return Promise.reject(refusal);
    this.#runs++;
    const { promise, resolve, reject } = Promise.withResolvers<ScriptResult>();
    const { script, input, owner, revision, kind, deadlineMs, signal } = run;
    const now = performance.now();
    const job: Job = {
      ...{ kind, script, input, owner, revision },
      deadlineAt: now + deadlineMs,
      startBy: now + deadlineMs / 2,
      waitTimer: undefined,
      moved: false,
      settled: false,
      settle: (outcome) => {
        if (job.settled) return;
        job.settled = true;
        clearTimeout(job.waitTimer);
        signal?.removeEventListener('abort', onAbort);
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
      },
    };
    const onAbort = () => {
      this.#pool.forget(job);
      this.#penaltyPool?.forget(job);
      job.settle(signal?.reason instanceof Error ? signal.reason : new DOMException('aborted', 'AbortError'));
    };
    signal?.addEventListener('abort', onAbort);
    this.#poolFor(job).submit(job);
    return promise;
  }

  #refusal({ script, input, deadlineMs, signal }: ScriptRun): unknown {
    if (this.#isClosed) return closed();
    if (signal?.aborted) return signal.reason;
    if (!(deadlineMs >= 1)) return overloaded('its deadline is over');
    const limit = this.#limits.maxInputBytes;
    const what = isLonger(script, limit) ? 'script' : isLonger(input, limit) ? 'input' : undefined;
    if (what) return new ScriptError('script-input-too-large', `the script's ${what} is larger than ${limit} bytes`);
    return undefined;
  }

  #createPool(shape: Pick<PoolOptions, 'size' | 'spares' | 'perOwner' | 'lowPriority'>): Pool {
    return new Pool({
      ...shape,
      limits: this.#limits,
      event: this.#event,
      onStrike: (job) => this.#strike(job),
    });
  }

  #strike(job: Job): void {
    const { owner, revision } = job;
    if (!this.#penalties.strike(keyOf(job)) || this.#isClosed) return;
    this.#event({ type: 'revision-penalised', owner, revision });
    const penaltyPool = this.#penaltyPoolInUse();
    for (const waiting of this.#pool.takeAll((other) => keyOf(other) === keyOf(job))) penaltyPool.submit(waiting);
  }

  #poolFor(job: Job): Pool {
    return this.#penalties.has(keyOf(job)) ? this.#penaltyPoolInUse() : this.#pool;
  }

  #penaltyPoolInUse(): Pool {
    if (!this.#penaltyPool) {
      this.#penaltyPool = this.#createPool({ size: 1, spares: 0, perOwner: 1, lowPriority: true });
      // What goes wrong is told as an event, and tried again.
      this.#penaltyPool.start().catch(() => {});
    }
    clearTimeout(this.#penaltyTimer);
    this.#penaltyTimer = setTimeout(() => this.#endPenalties(), Penalties.windowMs + 1_000).unref();
    return this.#penaltyPool;
  }

  #endPenalties(): void {
    const pool = this.#penaltyPool;
    if (!pool) return;
    if (pool.running + pool.waiting > 0) return void this.#penaltyPoolInUse();
    this.#penaltyPool = undefined;
    this.#earlierKills += pool.kills;
    this.#endedPools = Promise.all([this.#endedPools, pool.close()]);
  }
}

/** Whether a text is longer than that in UTF-8; mostly its length in code units decides. */
function isLonger(text: string, maxBytes: number): boolean {
  return text.length > maxBytes || (text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes);
}
