import { LRUCache } from 'lru-cache';
import type { CacheFill } from '@rostrum/shared/messages';
import type { CacheStore, FreshValue, Lookup, Settled } from '../store.ts';
import { Layer } from './layer.ts';

/** An answer is read again after so long (ms): where the word of a purge is lost, it is given no longer than that. */
const HOLD_MS = 1_000;
/** How many keys are remembered that were asked for once. */
const SEEN_KEYS = 8_192;
/** What an entry needs besides its key and its body, about (bytes). */
const ENTRY_BYTES = 300;
/** No answer may take more than this part of the room. */
const LARGEST = 1 / 16;

interface Entry {
  value: FreshValue;
  /** When it was asked for: it was true then at the earliest. */
  readAt: number;
  until: number;
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
  readonly #entries: LRUCache<string, Entry>;
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
      sizeCalculation: ({ value }, key) => value.body.length + 2 * key.length + ENTRY_BYTES,
    });
  }

  /** Of what is held: bytes, about. */
  get bytes(): number {
    return this.#entries.calculatedSize;
  }

  override peek(key: string): FreshValue | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    const now = this.#now();
    if (now >= entry.until) {
      this.#entries.delete(key);
      return undefined;
    }
    this.#onHit();
    return aged(entry.value, now - entry.readAt);
  }

  override async lookup(keys: readonly string[]): Promise<Lookup> {
    const readAt = this.#now();
    const purges = this.#purges;
    const found = await this.inner.lookup(keys);
    if (purges === this.#purges) for (const [key, value] of found.values) this.#hold(key, value, readAt);
    return found;
  }

  override settle(fill: CacheFill, store: boolean): Promise<Settled> {
    this.#entries.delete(fill.key);
    return this.inner.settle(fill, store);
  }

  /** Forgets everything: after a second it would have been read again anyway. */
  purge() {
    this.#purges += 1;
    this.#entries.clear();
  }

  #hold(key: string, value: FreshValue, readAt: number) {
    if (!this.#seen.has(key)) {
      this.#seen.set(key, true);
      return;
    }
    const until = readAt + Math.min(HOLD_MS, value.ttlSeconds * 1_000);
    // A copy: the body is a view of all that came from Redis at the time.
    this.#entries.set(key, { value: { ...value, body: Uint8Array.from(value.body) }, readAt, until });
  }
}

function aged(value: FreshValue, ms: number): FreshValue {
  return { ...value, ttlSeconds: Math.max(0, Math.floor(value.ttlSeconds - ms / 1_000)) };
}
