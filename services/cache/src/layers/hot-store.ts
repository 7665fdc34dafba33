import { LRUCache } from 'lru-cache';
import type { CacheSelection } from '@rostrum/shared/messages';
import type { CacheStore, Entry, Given, Lookup, NewEntry, Purged, Settled } from '../store.ts';
import { Layer } from './layer.ts';

/** An answer is read again after so long (ms): where the word of a purge is lost, it is given no longer than that. */
const HOLD_MS = 1_000;
/** All who ask within so long are given the same, so that it is encoded once (ms). */
const SAME_MS = 50;
/** How many keys are remembered that were asked for once. */
const SEEN_KEYS = 8_192;
/** What an entry needs besides its key and its body, about (bytes). */
const ENTRY_BYTES = 300;
/** No answer may take more than this part of the room. */
const LARGEST = 1 / 16;

interface Held {
  entry: Entry;
  /** The store's time when it was looked up, and ours just before. */
  now: number;
  readAt: number;
  until: number;
  /** What is given, until then. */
  given: Given | undefined;
  givenUntil: number;
}

export interface HotStoreOptions {
  maxBytes: number;
  /** Something was at hand. */
  onHit?(): void;
  /** Milliseconds, monotonic. */
  now?(): number;
}

/**
 * Keeps the answers that are asked for most in this process, each for a second: an hour's hottest key is read from Redis
 * once a second instead of once a request. A key comes in when it is found in Redis the second time, as long as it is
 * remembered: those that are asked for once do not push others out.
 */
export class HotStore extends Layer {
  readonly #entries: LRUCache<string, Held>;
  readonly #seen = new LRUCache<string, true>({ max: SEEN_KEYS });
  readonly #onHit: () => void;
  readonly #now: () => number;
  /** What was asked for before the last purge may be from before it. */
  #purges = 0;

  constructor(inner: CacheStore, { maxBytes, onHit = () => {}, now = () => performance.now() }: HotStoreOptions) {
    super(inner);
    this.#onHit = onHit;
    this.#now = now;
    this.#entries = new LRUCache({
      maxSize: maxBytes,
      maxEntrySize: Math.floor(maxBytes * LARGEST),
      sizeCalculation: ({ entry }, key) => 2 * (entry.body.length + key.length + entry.meta.length) + ENTRY_BYTES,
    });
  }

  /** Of what is held: bytes, about. */
  get bytes(): number {
    return this.#entries.calculatedSize;
  }

  override peek(key: string): Given | undefined {
    const held = this.#entries.get(key);
    if (!held) return undefined;
    const at = this.#now();
    if (at >= held.until) {
      this.#entries.delete(key);
      return undefined;
    }
    this.#onHit();
    if (!held.given || at >= held.givenUntil) {
      held.givenUntil = at + SAME_MS;
      // As it will be by then, and never behind the store's own time: nothing is taken for fresher than it is.
      held.given = { entry: held.entry, now: Math.ceil(held.now + held.givenUntil - held.readAt) };
    }
    return held.given;
  }

  override async lookup(keys: readonly string[]): Promise<Lookup> {
    const readAt = this.#now();
    const purges = this.#purges;
    const found = await this.inner.lookup(keys);
    if (purges !== this.#purges) return found;
    for (const [key, entry] of found.entries) this.#hold(key, entry, found.now, readAt);
    return found;
  }

  override settle(key: string, holder: string, entry: NewEntry | undefined): Promise<Settled> {
    this.#entries.delete(key);
    return this.inner.settle(key, holder, entry);
  }

  override async purge(selection: CacheSelection): Promise<Purged> {
    try {
      return await this.inner.purge(selection);
    } finally {
      this.forget();
    }
  }

  /** Forgets everything, whatever was purged: after a second it would have been read again anyway. */
  forget() {
    this.#purges += 1;
    this.#entries.clear();
  }

  /** Only what is fresh: about what is stale there is something to decide each time. */
  #hold(key: string, entry: Entry, now: number, readAt: number) {
    if (!this.#seen.has(key)) {
      this.#seen.set(key, true);
      return;
    }
    const forMs = Math.min(HOLD_MS, entry.freshUntil - now);
    if (forMs <= 0) return;
    // A copy: the body is a view of all that came from Redis at the time.
    const own = { ...entry, body: Uint8Array.from(entry.body) };
    this.#entries.set(key, { entry: own, now, readAt, until: readAt + forMs, given: undefined, givenUntil: 0 });
  }
}
