import type { Logger } from '@rostrum/service/logger';
import type { RedisClient } from '@rostrum/redis';
import type { PermitStore } from './store.ts';
import type { Watch } from './watch.ts';

/** Pause after a try that failed although Redis is there (ms); its return is not waited for, it is announced. */
const RETRY_MS = 250;

/** Told of scopes in which a permit was freed that somebody waits for. */
export type OnWanted = (pool: string, names: ReadonlySet<string>) => void;

/**
 * What is known of watches and not yet in Redis. Those who know do not wait: what comes up in one turn of the event
 * loop, or while a call is under way, leaves in one call, and is repeated until it succeeds. A watch stands here once,
 * however much is learnt of it, so there are never more than permits were taken.
 */
export class Notes {
  readonly #store: PermitStore;
  readonly #redis: RedisClient;
  readonly #log: Logger;
  readonly #onWanted: OnWanted;
  readonly #unsubscribe: () => void;
  #pending = new Set<Watch>();
  #flushing: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(store: PermitStore, redis: RedisClient, log: Logger, onWanted: OnWanted) {
    this.#store = store;
    this.#redis = redis;
    this.#log = log;
    this.#onWanted = onWanted;
    this.#unsubscribe = redis.onReady(() => this.#schedule());
  }

  /** The watch's members have changed. */
  changed(watch: Watch): void {
    this.#pending.add(watch);
    this.#schedule();
  }

  /** The permit is free: nothing runs under it. */
  free(watch: Watch): void {
    watch.freed = true;
    this.changed(watch);
  }

  /** One last try for all that is pending. What fails from here on is left to whoever takes the watches over. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#unsubscribe();
    clearTimeout(this.#retry);
    await this.#flushing;
    await this.#flush();
  }

  /** Resolves when nothing is pending, or a try has failed. */
  async flush(): Promise<void> {
    while (this.#pending.size > 0 && this.#retry === undefined && this.#redis.ready) {
      this.#schedule();
      await this.#flushing;
    }
  }

  /** What is not there is written whole; what is not there and free already, not at all. */
  readonly #write = async ([pool, watches]: [string, Watch[]]): Promise<void> => {
    const { stored = [], absent = [] } = Object.groupBy(watches, (watch) => (watch.stored ? 'stored' : 'absent'));
    const wanted = absent.filter((watch) => !watch.freed);
    const [names] = await Promise.all([this.#store.note(pool, stored), this.#store.put(pool, wanted)]);
    if (names.size > 0) this.#onWanted(pool, names);
  };

  #schedule(): void {
    this.#flushing ??= new Promise<void>((resolve) => setImmediate(resolve))
      .then(() => this.#flush())
      .finally(() => {
        this.#flushing = undefined;
        // What came up after the last call was answered and before this.
        if (this.#pending.size > 0 && this.#retry === undefined && this.#redis.ready) this.#schedule();
      });
  }

  async #flush(): Promise<void> {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    while (this.#pending.size > 0 && this.#redis.ready) {
      const batch = this.#pending;
      this.#pending = new Set();
      const noted = await Promise.allSettled([...Map.groupBy(batch, (watch) => watch.pool)].map(this.#write));
      const failure = noted.find((each) => each.status === 'rejected');
      if (!failure) continue;
      if (this.#closed) return;
      for (const watch of batch) this.#pending.add(watch);
      this.#log.debug({ err: failure.reason, pending: this.#pending.size }, 'permit notes are repeated');
      this.#retry = setTimeout(() => this.#schedule(), RETRY_MS);
      return;
    }
  }
}
