import { LRUCache } from 'lru-cache';

/** A look that comes early costs a call, one that comes late costs the caller time: about three of four are to come late. */
const SHORTER = 0.93;
const LONGER = 1.25;
/** Below that a workflow has ended when its start is answered, or nearly so (ms). */
const AT_ONCE_MS = 1.5;
/** Up to here looks are saved as far as possible; of longer times only the greater part is waited before the first (ms). */
const SHORT_MS = 100;

/** How long workflows usually take, learned from when they were seen to run and to have ended. */
export class LookTimes {
  readonly #usual = new LRUCache<string, number>({ max: 10_000 });
  /** What is known of those of which none was seen to end yet: they take longer than that. */
  readonly #atLeast = new LRUCache<string, number>({ max: 10_000 });

  /** How long after its start a workflow is to be looked at first (ms). */
  first(goal: string): number {
    const usual = this.#usual.get(goal) ?? this.#atLeast.get(goal) ?? 0;
    if (usual < AT_ONCE_MS) return 0;
    return Math.min(usual, SHORT_MS + usual / 8);
  }

  /** A workflow was still running when asked so long after its start. */
  running(goal: string, askedMs: number): void {
    if (!this.#usual.has(goal) && askedMs > (this.#atLeast.get(goal) ?? 0)) this.#atLeast.set(goal, askedMs);
  }

  /**
   * A workflow was still running when asked `runningMs` after its start (0: never), and had ended when asked at `endedMs`. A few
   * ends that come earlier or later than expected are enough to follow a workflow that has changed.
   */
  learn(goal: string, runningMs: number, endedMs: number): void {
    const usual = this.#usual.get(goal) ?? 0;
    const next =
      endedMs <= usual + 1
        ? Math.min(usual * SHORTER, (usual + endedMs) / 2)
        : Math.max(usual * LONGER + 1, (usual + runningMs) / 2);
    this.#usual.set(goal, endedMs < AT_ONCE_MS ? next * SHORTER : next);
  }
}
