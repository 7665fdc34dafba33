import type { Cache } from './answer-cached.ts';
import type { Execution, Executor, HeldLock } from './execute.ts';

/** Executions that make a stored answer anew while its caller has long been given it. */
export interface Refreshes {
  /** Runs it again under this lock, or frees the lock. Never throws. */
  start(execution: Execution, lock: HeldLock): void;
  /** Begins no more. Resolves when all are known to be taken, or refused: an executor fills the cache by itself. */
  leave(): Promise<void>;
}

export interface RefreshesOptions {
  executor: Executor;
  cache: Pick<Cache, 'release'>;
  /** So many at once; more are left to later askers. */
  most: number;
  onEnd(result: RefreshResult): void;
}

export const refreshResults = ['done', 'failed', 'refused'] as const;
/** *refused*: not begun, since too many are under way or this process is leaving. */
export type RefreshResult = (typeof refreshResults)[number];

/** What nobody had taken would have been told to us in much less (ms). */
const REFUSED_WITHIN_MS = 1_000;

export function createRefreshes({ executor, cache, most, onEnd }: RefreshesOptions): Refreshes {
  const running = new Set<Promise<void>>();
  let leaving = false;

  const run = async (execution: Execution, lock: HeldLock) => {
    const { outcome, notTaken } = await executor.execute(inBackground(execution), lock);
    if (notTaken) cache.release(lock);
    onEnd(outcome.kind === 'ok' ? 'done' : 'failed');
  };
  return {
    start(execution, lock) {
      if (leaving || running.size >= most) {
        cache.release(lock);
        return onEnd('refused');
      }
      const work = run(execution, lock).finally(() => running.delete(work));
      running.add(work);
    },
    async leave() {
      leaving = true;
      if (running.size === 0) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, REFUSED_WITHIN_MS);
      await Promise.race([promise, Promise.allSettled(running)]);
      clearTimeout(timer);
    },
  };
}

/** The same request with time of its own: its caller has an answer, and may hang up. */
function inBackground(execution: Execution): Execution {
  const end = performance.now() + execution.match.compiled.route.timeoutMs;
  const { onTimings: _, ...others } = execution;
  return {
    ...others,
    remaining: () => Math.max(0, end - performance.now()),
    patience: () => undefined,
    hungUp: new AbortController().signal,
  };
}
