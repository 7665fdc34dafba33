import type { Permit } from './types.ts';
import type { Watch } from './watch.ts';
import type { Watcher } from './watcher.ts';

/** A permit in the hands of one request. */
export class HeldPermit implements Permit {
  readonly correlationId: string;
  readonly #watch: Watch;
  readonly #watcher: Watcher;

  constructor(watch: Watch, correlationId: string, watcher: Watcher) {
    this.#watch = watch;
    this.correlationId = correlationId;
    this.#watcher = watcher;
  }

  get id(): string {
    return this.#watch.id;
  }

  startRemaining(): number {
    return Math.max(0, this.#watch.startWithinMs());
  }

  started(workflowId: string): void {
    if (this.#watch.freed) return;
    this.#watch.workflowId = workflowId;
    this.#watcher.changed(this.#watch);
  }

  release(): void {
    if (!this.#watch.freed) this.#watcher.free(this.#watch);
  }

  watch(): void {
    if (this.#watch.freed) return;
    this.#watch.answered = true;
    this.#watcher.changed(this.#watch);
    this.#watcher.follow(this.#watch, false);
  }

  unresolved(): void {
    if (!this.#watch.freed) this.#watcher.follow(this.#watch, false);
  }
}
