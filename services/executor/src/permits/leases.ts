import type { Logger } from '@rostrum/service/logger';
import { type RedisClient, RedisUnavailable } from '@rostrum/redis';
import type { PermitStore } from './store.ts';
import { Watch } from './watch.ts';

/** Watches taken over in one call; there are more calls while there may be more. */
const CLAIM_SIZE = 100;

export interface LeasesOptions {
  store: PermitStore;
  redis: RedisClient;
  pools: readonly string[];
  /** Time between two renewals (ms). */
  renewMs: number;
  /** A watch of another executor is this one's now. */
  onClaimed(watch: Watch): void;
  /** The watch is another's now, or its former owner has ended it. */
  onLost(watch: Watch): void;
  log: Logger;
}

/** The watches this process owns: renews their leases, and takes over those that others let run out. */
export class Leases {
  readonly #options: LeasesOptions;
  readonly #owned: Map<string, Map<string, Watch>>;
  readonly #interval: NodeJS.Timeout;
  readonly #unsubscribe: () => void;
  #turn: Promise<number> | undefined;
  #closed = false;
  #takesOver = true;

  constructor(options: LeasesOptions) {
    this.#options = options;
    this.#owned = new Map(options.pools.map((pool) => [pool, new Map()]));
    this.#interval = setInterval(() => void this.turn(), options.renewMs);
    // Redis may have been away for longer than a lease, or have lost its data: others wait for what is added again.
    this.#unsubscribe = options.redis.onReady(() => void this.turn());
  }

  get size(): number {
    let size = 0;
    for (const watches of this.#owned.values()) size += watches.size;
    return size;
  }

  owns(watch: Watch): boolean {
    return this.#owned.get(watch.pool)?.get(watch.id) === watch;
  }

  add(watch: Watch): void {
    if (!this.#closed) this.#of(watch.pool).set(watch.id, watch);
  }

  remove(watch: Watch): void {
    if (this.owns(watch)) this.#owned.get(watch.pool)?.delete(watch.id);
  }

  /** Renews and takes over, once at a time. Gives for how long takes are refused because data was lost (ms). */
  turn(): Promise<number> {
    this.#turn ??= Promise.all([...this.#owned.keys()].map((pool) => this.#tend(pool)))
      .then((recovering) => Math.max(0, ...recovering))
      .catch((error: unknown) => {
        const level = error instanceof RedisUnavailable ? 'debug' : 'error';
        this.#options.log[level]({ err: error }, 'leases are not renewed');
        return 0;
      })
      .finally(() => {
        this.#turn = undefined;
      });
    return this.#turn;
  }

  /** Gives these to others at once. This process stops: it takes none over from now on. Never rejects. */
  async giveUp(watches: readonly Watch[]): Promise<void> {
    this.#takesOver = false;
    // Nobody can take what Redis has lost: that is added again before.
    await this.turn();
    const owned = watches.filter((watch) => watch.stored && this.owns(watch));
    const given = [...Map.groupBy(owned, ({ pool }) => pool)].map(async ([pool, ofPool]) => {
      await this.#options.store.giveUp(pool, ofPool);
      for (const watch of ofPool) this.remove(watch);
    });
    // What fails is still owned: it may be tried again, and is given up when this closes.
    await Promise.allSettled(given);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#interval);
    this.#unsubscribe();
    await this.#turn;
    await Promise.allSettled([...this.#owned.keys()].map((pool) => this.#giveUp(pool)));
    this.#owned.clear();
  }

  async #tend(pool: string): Promise<number> {
    if (!this.#options.redis.ready) return 0;
    if (!this.#takesOver) {
      await this.#renew(pool);
      return 0;
    }
    // In this order on the one connection: none of its own looks expired because this process was late.
    const [, recoveringMs] = await Promise.all([this.#renew(pool), this.#claim(pool)]);
    return recoveringMs;
  }

  /** What Redis has lost since the last renewal is added again first: nobody else knows of it. */
  async #giveUp(pool: string): Promise<void> {
    await this.#renew(pool);
    await this.#options.store.giveUp(pool, [...this.#of(pool).values()]);
  }

  async #renew(pool: string): Promise<void> {
    const { store, onLost, log } = this.#options;
    const stored = [...this.#of(pool).values()].filter((watch) => watch.stored);
    const odd = await store.renew(pool, stored);
    const missing = odd.filter(({ state, watch }) => state === 'missing' && this.owns(watch));
    if (missing.length > 0) log.warn({ pool, permits: missing.length }, 'Redis has lost permits: added again');
    for (const { watch, state } of odd) {
      if (state === 'missing' || !this.owns(watch)) continue;
      this.remove(watch);
      onLost(watch);
      if (state === 'lost')
        log.warn({ pool, requestId: watch.intent().requestId }, 'a watch was taken over by another');
    }
    // Those freed meanwhile are no longer owned: a record written after that would stand for ever.
    const absent = missing.map(({ watch }) => watch);
    await store.put(pool, absent).catch((error: unknown) => {
      // They are found missing again by the next renewal, which leaves out what was never stored.
      for (const watch of absent) watch.stored = true;
      throw error;
    });
  }

  async #claim(pool: string): Promise<number> {
    const { store, onClaimed, log } = this.#options;
    for (;;) {
      const { recoveringMs, records, more } = await store.claim(pool, CLAIM_SIZE);
      const claimed = records.filter(({ id }) => !this.#of(pool).has(id)).map((record) => Watch.adopt(pool, record));
      for (const watch of claimed) {
        this.#of(pool).set(watch.id, watch);
        onClaimed(watch);
      }
      if (claimed.length > 0) log.info({ pool, watches: claimed.length }, 'took over watches');
      if (!more || this.#closed) return recoveringMs;
    }
  }

  #of(pool: string): Map<string, Watch> {
    let watches = this.#owned.get(pool);
    if (!watches) this.#owned.set(pool, (watches = new Map()));
    return watches;
  }
}
