import {
  type CacheStore,
  type Claim,
  type Claiming,
  type Lookup,
  type NewEntry,
  type Settled,
  StoreError,
} from '../store.ts';
import { Breaker, withinTime } from './breaker.ts';
import { Layer } from './layer.ts';

/** How long a fill may take (ms): no caller waits for it, and a large value takes its time. */
const SETTLE_MS = 500;

export interface GuardedStoreOptions {
  /** How long asks wait for a server (ms). */
  timeoutMs: number;
  onCutOff(): void;
  /** A server, by the name that {@link CacheStore.partOf} gives, is left alone from now on, or no longer. */
  onChange(part: string, open: boolean): void;
}

/** Keeps asks from waiting for a slow server, each server for itself: see {@link Breaker}. Purges wait. */
export class GuardedStore extends Layer {
  readonly #options: GuardedStoreOptions;
  readonly #breakers = new Map<string, Breaker>();

  constructor(inner: CacheStore, options: GuardedStoreOptions) {
    super(inner);
    this.#options = options;
  }

  override async lookup(keys: readonly string[]): Promise<Lookup> {
    return this.#breakerOf(keys[0]).run(() => this.inner.lookup(keys));
  }

  override async claim(claims: readonly Claiming[], now: number): Promise<(Claim | StoreError)[]> {
    return this.#breakerOf(claims[0]?.key).run(() => this.inner.claim(claims, now));
  }

  /** Does not count for the breaker. A fill that was cut off is repeated by who sent it, and may be. */
  override settle(key: string, holder: string, entry: NewEntry | undefined): Promise<Settled> {
    const late = () => new StoreError(`Redis did not take a fill within ${SETTLE_MS} ms`);
    return withinTime(this.inner.settle(key, holder, entry), SETTLE_MS, late);
  }

  close() {
    for (const breaker of this.#breakers.values()) breaker.close();
  }

  #breakerOf(key = ''): Breaker {
    const part = this.inner.partOf(key);
    let breaker = this.#breakers.get(part);
    if (!breaker) {
      const { timeoutMs, onCutOff, onChange } = this.#options;
      breaker = new Breaker({
        timeoutMs,
        probe: () => this.inner.lookup([key]),
        onCutOff,
        onChange: (open) => onChange(part, open),
      });
      this.#breakers.set(part, breaker);
    }
    return breaker;
  }
}
