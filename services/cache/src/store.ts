import type { CacheAsk, CacheFill } from '@rostrum/shared/messages';

/** Where values and locks live, as asks and fills see it. Every method's promise rejects with a {@link StoreError}. */
export interface CacheStore {
  /** What is at hand without asking anybody. */
  peek(key: string): FreshValue | undefined;
  /**
   * The server that a key is on. Keys of one call to {@link lookup} or {@link claim} have to be of one: servers fail
   * apart from each other, and their clocks may differ.
   */
  partOf(key: string): string;
  /** The fresh values among these keys; keys without one are left out. */
  lookup(keys: readonly string[]): Promise<Lookup>;
  /**
   * One answer for each ask, in order. A lock is only taken while its asker can still hear of it: `now` is the time
   * that {@link Lookup} gave.
   */
  claim(asks: readonly CacheAsk[], now: number): Promise<(Claim | StoreError)[]>;
  /** Ends the holder's lock, and stores the body if `store` says so. Safe to repeat. */
  settle(fill: CacheFill, store: boolean): Promise<Settled>;
}

export interface Lookup {
  values: Map<string, FreshValue>;
  /** The store's time (ms since the epoch). */
  now: number;
}

export interface FreshValue {
  body: Uint8Array;
  /** Whole seconds, rounded down: nobody is told that a value is fresher than it is. */
  ttlSeconds: number;
}

/** *hit*: stored in the meantime. *run*: the lock is the asker's. *wait*: it is another's. `lockMs` is its life left. */
export type Claim = { verdict: 'hit'; value: FreshValue } | { verdict: 'run' | 'wait'; lockMs: number };

export interface Settled {
  /** False when the lock was not, or no longer, the holder's: nothing was changed. */
  taken: boolean;
  stored: boolean;
  /** Whether anyone may have been told to wait. */
  waited: boolean;
}

/** The store is away, or refused; `cause` says why. Whether a change was made is not known. */
export class StoreError extends Error {
  override name = 'StoreError';
}
