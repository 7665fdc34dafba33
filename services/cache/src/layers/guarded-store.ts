import type { CacheAsk, CacheFill } from '@rostrum/shared/messages';
import { type CacheStore, type Claim, type Lookup, type Settled, StoreError } from '../store.ts';
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

/** Keeps asks from waiting for a slow server, each server for itself: see {@link Breaker}. */
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

  override async claim(asks: readonly CacheAsk[], now: number): Promise<(Claim | StoreError)[]> {
    return this.#breakerOf(asks[0]?.key).run(() => this.inner.claim(asks, now));
  }

  /** Does not count for the breaker. A fill that was cut off is repeated by who sent it, and may be. */
  override settle(fill: CacheFill, store: boolean): Promise<Settled> {
    const late = () => new StoreError(`Redis did not take a fill within ${SETTLE_MS} ms`);
    return withinTime(this.inner.settle(fill, store), SETTLE_MS, late);
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
