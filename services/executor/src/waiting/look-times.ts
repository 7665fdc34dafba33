import { LRUCache } from 'lru-cache';

/**
 * A look that comes early costs a call, one that comes late costs the caller time. With these steps about one of
 * fourteen first looks comes early, wherever the ends lie; more while Conductor becomes slower and faster.
 */
const SHORTER = 0.985;
const LONGER = 1.2;
/** After so many ends in a row that were not later than expected the workflow has become faster: bigger steps. */
const STREAK = 20;
const FASTER = 0.88;
/** Below that a workflow has ended when its start is answered, or nearly so (ms). */
const AT_ONCE_MS = 1.5;
/** Up to here looks are saved as far as possible; of longer times only the greater part is waited before the first (ms). */
const SHORT_MS = 100;

interface Usual {
  ms: number;
  /** Ends in a row that came no later than expected. */
  streak: number;
}

/** How long workflows usually take, learned from when they were seen to run and to have ended. */
export class LookTimes {
  readonly #usual = new LRUCache<string, Usual>({ max: 10_000 });
  /** What is known of those of which none was seen to end yet: they take longer than that. */
  readonly #atLeast = new LRUCache<string, number>({ max: 10_000 });

  /** How long after its start a workflow is to be looked at first (ms). */
  first(goal: string): number {
    const ms = this.#usual.get(goal)?.ms ?? this.#atLeast.get(goal) ?? 0;
    if (ms < AT_ONCE_MS) return 0;
    return Math.min(ms, SHORT_MS + ms / 8);
  }

  /** A workflow was still running when asked so long after its start. */
  running(goal: string, askedMs: number): void {
    if (!this.#usual.has(goal) && askedMs > (this.#atLeast.get(goal) ?? 0)) this.#atLeast.set(goal, askedMs);
  }

  /**
   * A workflow was still running when asked `runningMs` after its start (negative: never), and had ended when asked at
   * `endedMs`. A few ends that come earlier or later than expected are enough to follow a workflow that has changed.
   */
  learn(goal: string, runningMs: number, endedMs: number): void {
    const { ms, streak } = this.#usual.get(goal) ?? { ms: 0, streak: 0 };
    // The first look was enough, however late it came; or the end was expected later.
    if (runningMs < 0 || endedMs <= ms) {
      const step = streak < STREAK ? SHORTER : FASTER;
      this.#usual.set(goal, { ms: Math.min(ms * step, (ms + endedMs) / 2), streak: streak + 1 });
    } else {
      this.#usual.set(goal, { ms: Math.max(ms * LONGER + 1, (ms + runningMs) / 2), streak: 0 });
    }
  }
}
