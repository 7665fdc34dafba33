import { setTimeout as delay } from 'node:timers/promises';
import type { RedisClient } from '@rostrum/redis';
import { Fate, type FateSettings } from './fate.ts';
import { Leases } from './leases.ts';
import { LookSchedule } from './looks.ts';
import { Notes, type OnWanted } from './notes.ts';
import type { PermitStore } from './store.ts';
import { WatchHold } from './hold.ts';
import type { Orphan } from './types.ts';
import type { Watch } from './watch.ts';

/** Pause before a hand-over that failed is tried again (ms). */
const HAND_OVER_AGAIN_MS = 250;

export interface WatcherOptions extends FateSettings {
  store: PermitStore;
  redis: RedisClient;
  pools: readonly string[];
  /** Time between two renewals (ms). */
  renewMs: number;
  onWanted: OnWanted;
  /** Told once for each watch taken over whose caller waits, when it is known what became of its start. */
  onOrphan?: ((orphan: Orphan) => void) | undefined;
}

/** Looks after the watches of this process: its requests' own, those they left to it, and those it took over. */
export class Watcher {
  readonly #options: WatcherOptions;
  readonly #notes: Notes;
  readonly #leases: Leases;
  readonly #looks = new LookSchedule<Fate>();
  readonly #fates = new Map<Watch, Fate>();
  /** By workflow, where it is known. */
  readonly #watched = new Map<string, Fate>();
  /** To be handed over. */
  #leaving: Watch[] = [];
  #handingOver: Promise<void> | undefined;

  constructor(options: WatcherOptions) {
    const { store, redis, pools, renewMs, log } = options;
    this.#options = options;
    this.#notes = new Notes(store, redis, log, options.onWanted);
    const onClaimed = (watch: Watch) => this.#adopt(watch);
    const onLost = (watch: Watch) => this.#forget(watch);
    this.#leases = new Leases({ store, redis, pools, renewMs, onClaimed, onLost, log });
  }

  stats(): { held: number; watched: number } {
    return { held: this.#leases.size - this.#fates.size, watched: this.#fates.size };
  }

  /** Takes over what has been left behind; gives for how long takes are refused because data was lost (ms). */
  begin(): Promise<number> {
    return this.#leases.turn();
  }

  /** Looks soon at what is watched of this workflow; false when nothing is. */
  wake(workflowId: string): boolean {
    const fate = this.#watched.get(workflowId);
    if (fate) this.#looks.hurry(fate);
    return fate !== undefined;
  }

  /** Resolves when all that is known is stored, or cannot be. */
  flush(): Promise<void> {
    return this.#notes.flush();
  }

  /** Keeps the leases of a watch. */
  keep(watch: Watch): void {
    this.#leases.add(watch);
  }

  /** Writes the record of a watch that is new, now. @throws {RedisUnavailable} */
  async store(watch: Watch): Promise<void> {
    this.keep(watch);
    await this.#options.store.put(watch.pool, [watch]);
  }

  changed(watch: Watch): void {
    this.#notes.changed(watch);
  }

  /** Gives the watch to whoever takes it, as soon as its record stands; together with others of this turn. */
  handOver(watch: Watch): void {
    this.#leaving.push(watch);
    this.#handingOver ??= new Promise<void>((resolve) => setImmediate(resolve))
      .then(() => this.#giveUp())
      .finally(() => {
        this.#handingOver = undefined;
      });
  }

  /** Redis may be away at this very moment: tries for as long as callers wait for what is to be handed over. */
  async #giveUp(): Promise<void> {
    for (;;) {
      const tried = new Set(this.#leaving);
      await this.#notes.flush();
      await this.#leases.giveUp(this.#leaving);
      this.#leaving = this.#leaving.filter((watch) => this.#leases.owns(watch) && watch.remainingMs() > 0);
      if (this.#leaving.length === 0) return;
      if (this.#leaving.some((watch) => tried.has(watch))) await delay(HAND_OVER_AGAIN_MS);
    }
  }

  #adopt(watch: Watch): void {
    const { onOrphan } = this.#options;
    const waitedFor = onOrphan !== undefined && !watch.answered && (watch.remainingMs() > 0 || watch.claimed);
    if (waitedFor) this.follow(watch, true);
    else if (watch.permit === '') this.free(watch);
    else this.follow(watch, false);
  }

  /** Its caller is to have what became of its start; whoever answers it says when the watch is over. */
  #handOn(watch: Watch, workflowId: string | undefined): void {
    this.#unfollow(watch);
    const orphan = { intent: watch.intent(), workflowId, hold: WatchHold.of(watch, this) };
    if (workflowId === undefined) this.free(watch);
    this.#options.onOrphan?.(orphan);
  }

  /**
   * Looks until nothing runs under the permit, then frees it; of an orphan until its workflow is known. No effect on one
   * that another has taken over.
   */
  follow(watch: Watch, orphan: boolean): void {
    if (this.#fates.has(watch) || !this.#leases.owns(watch)) return;
    const fate: Fate = new Fate(watch, orphan, {
      ...this.#options,
      onFound: (found) => {
        this.#watched.set(found.workflowId, fate);
        this.changed(found);
      },
      onOrphan: (adopted, workflowId) => this.#handOn(adopted, workflowId),
      onEnded: (ended) => this.free(ended),
      conclude: (unfound) => this.#options.store.conclude(unfound),
    });
    this.#fates.set(watch, fate);
    if (watch.workflowId !== '') this.#watched.set(watch.workflowId, fate);
    this.#looks.add(fate, 0);
  }

  /** Nothing runs under the permit, or it may have been taken although nobody was told. */
  free(watch: Watch): void {
    this.#forget(watch);
    this.#notes.free(watch);
  }

  /** First waits for what is being handed over, as long as anybody waits for that. */
  async close(): Promise<void> {
    await this.#handingOver;
    this.#looks.clear();
    await this.#notes.close();
    await this.#leases.close();
    this.#looks.clear();
    this.#fates.clear();
    this.#watched.clear();
  }

  #forget(watch: Watch): void {
    this.#leases.remove(watch);
    this.#unfollow(watch);
  }

  #unfollow(watch: Watch): void {
    const fate = this.#fates.get(watch);
    if (!fate) return;
    this.#fates.delete(watch);
    if (this.#watched.get(watch.workflowId) === fate) this.#watched.delete(watch.workflowId);
    this.#looks.remove(fate);
  }
}
