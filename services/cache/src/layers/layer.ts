import type { CacheAsk, CacheFill } from '@rostrum/shared/messages';
import type { CacheStore, Claim, FreshValue, Lookup, Settled, StoreError } from '../store.ts';

/** A store in front of another, which does all that a layer leaves as it is. */
export class Layer implements CacheStore {
  protected readonly inner: CacheStore;

  constructor(inner: CacheStore) {
    this.inner = inner;
  }

  peek(key: string): FreshValue | undefined {
    return this.inner.peek(key);
  }

  partOf(key: string): string {
    return this.inner.partOf(key);
  }

  lookup(keys: readonly string[]): Promise<Lookup> {
    return this.inner.lookup(keys);
  }

  claim(asks: readonly CacheAsk[], now: number): Promise<(Claim | StoreError)[]> {
    return this.inner.claim(asks, now);
  }

  settle(fill: CacheFill, store: boolean): Promise<Settled> {
    return this.inner.settle(fill, store);
  }
}
