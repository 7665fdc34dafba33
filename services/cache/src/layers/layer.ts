import type { CacheSelection } from '@rostrum/shared/messages';
import type { CacheStore, Claim, Claiming, Given, Lookup, NewEntry, Purged, Settled, StoreError } from '../store.ts';

/** A store in front of another, which does all that a layer leaves as it is. */
export class Layer implements CacheStore {
  protected readonly inner: CacheStore;

  constructor(inner: CacheStore) {
    this.inner = inner;
  }

  peek(key: string): Given | undefined {
    return this.inner.peek(key);
  }

  partOf(key: string): string {
    return this.inner.partOf(key);
  }

  lookup(keys: readonly string[]): Promise<Lookup> {
    return this.inner.lookup(keys);
  }

  claim(claims: readonly Claiming[], now: number): Promise<(Claim | StoreError)[]> {
    return this.inner.claim(claims, now);
  }

  settle(key: string, holder: string, entry: NewEntry | undefined): Promise<Settled> {
    return this.inner.settle(key, holder, entry);
  }

  purge(selection: CacheSelection): Promise<Purged> {
    return this.inner.purge(selection);
  }

  stats(service: string): ReturnType<CacheStore['stats']> {
    return this.inner.stats(service);
  }
}
