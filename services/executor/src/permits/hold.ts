import { type Hold, PermitsUnavailable, type StartIntent } from './types.ts';
import { Watch } from './watch.ts';
import type { Watcher } from './watcher.ts';

/** A watch in the hands of one execution. Without a permit it is in memory alone until somebody is to know of it. */
export class WatchHold implements Hold {
  readonly correlationId: string;
  readonly #watcher: Watcher;
  readonly #pool: string;
  readonly #begin: () => StartIntent;
  #watch: Watch | undefined;
  #workflowId = '';

  private constructor(watcher: Watcher, pool: string, correlationId: string, begin: () => StartIntent) {
    this.#watcher = watcher;
    this.#pool = pool;
    this.correlationId = correlationId;
    this.#begin = begin;
  }

  /** Of a watch that is there: one with a permit, or one that was taken over. */
  static of(watch: Watch, watcher: Watcher): WatchHold {
    const intent = watch.intent();
    const hold = new WatchHold(watcher, watch.pool, intent.correlationId, () => intent);
    hold.#watch = watch;
    return hold;
  }

  /** `intent` is asked for when the record is to be written, if it ever is. */
  static without(watcher: Watcher, pool: string, correlationId: string, intent: () => StartIntent): WatchHold {
    return new WatchHold(watcher, pool, correlationId, intent);
  }

  get id(): string {
    return this.#watch?.id ?? '';
  }

  startRemaining(): number {
    return this.#watch ? Math.max(0, this.#watch.startWithinMs()) : Number.POSITIVE_INFINITY;
  }

  started(workflowId: string): void {
    this.#workflowId = workflowId;
    const watch = this.#watch;
    if (!watch || watch.freed) return;
    watch.workflowId = workflowId;
    this.#watcher.changed(watch);
  }

  keep(): void {
    if (this.#watch) return;
    this.#watch = Watch.create(this.#pool, '', this.#begin());
    this.#watch.workflowId = this.#workflowId;
    this.#watcher.keep(this.#watch);
    this.#watcher.changed(this.#watch);
  }

  async secure(): Promise<void> {
    if (this.#watch) return;
    const watch = Watch.create(this.#pool, '', this.#begin());
    this.#watch = watch;
    try {
      await this.#watcher.store(watch);
    } catch (cause) {
      // It may stand all the same: an answer can be lost on its way.
      watch.stored = true;
      this.#watcher.free(watch);
      throw new PermitsUnavailable(`No watch record can be written: ${(cause as Error).message}`, { cause });
    }
  }

  handOver(): void {
    this.keep();
    if (this.#watch && !this.#watch.freed) this.#watcher.handOver(this.#watch);
  }

  release(): void {
    if (this.#watch && !this.#watch.freed) this.#watcher.free(this.#watch);
  }

  leave(): void {
    const watch = this.#watch;
    if (!watch || watch.freed) return;
    // Nothing depends on the end of a workflow without a permit once its caller has gone.
    if (watch.permit === '') return this.release();
    watch.answered = true;
    this.#watcher.changed(watch);
    this.#watcher.follow(watch, false);
  }

  unresolved(): void {
    const watch = this.#watch;
    if (!watch || watch.freed) return;
    if (watch.permit === '' && !watch.claimed) return this.release();
    // A claim is to have its answer, too.
    this.#watcher.follow(watch, watch.claimed);
  }
}
