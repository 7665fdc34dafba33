import { networkOf } from '@rostrum/service/networks';
import { LRUCache } from 'lru-cache';

/**
 * Slows down whoever tries secrets. After some failures the next attempt for a key id, or from an address, is looked at
 * only a second later, then two, four, and so on. Blocked attempts count for nothing, so a block ends whatever the other
 * side does. An address from which a key's secret was right before is held to that pair's own failures alone: others can
 * neither lock it out by trying the same key nor by sharing its address.
 *
 * In the memory of each replica, bounded; forgotten an hour after the last failure.
 */
export class Attempts {
  readonly #byAddress: Counter;
  readonly #byKey: Counter;
  readonly #byPair: Counter;
  readonly #proven = new LRUCache<string, true>({ max: most });
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#byAddress = new Counter(5, 60_000);
    // Short: it is of everybody who has this key.
    this.#byKey = new Counter(10, 8_000);
    this.#byPair = new Counter(5, 60_000);
  }

  /** How long the next attempt has to wait (ms); 0: not at all. */
  waitMs(keyId: string, address: string): number {
    const { key, from, pair } = names(keyId, address);
    const now = this.#now();
    if (this.#proven.has(pair)) return this.#byPair.waitMs(pair, now);
    return Math.max(this.#byAddress.waitMs(from, now), this.#byKey.waitMs(key, now));
  }

  failed(keyId: string, address: string): void {
    this.#count(keyId, address, 1);
  }

  /** The failure that was just counted was none. */
  takeBack(keyId: string, address: string): void {
    this.#count(keyId, address, -1);
  }

  /** Failures are not forgotten by it: whoever has one key could else try others without end. */
  succeeded(keyId: string, address: string): void {
    this.#proven.set(names(keyId, address).pair, true);
  }

  #count(keyId: string, address: string, by: 1 | -1): void {
    const { key, from, pair } = names(keyId, address);
    const now = this.#now();
    this.#byAddress.count(from, by, now);
    this.#byKey.count(key, by, now);
    this.#byPair.count(pair, by, now);
  }
}

const most = 10_000;
const firstBlockMs = 1_000;
const forgottenAfterMs = 3_600_000;

class Counter {
  readonly #entries = new LRUCache<string, { failures: number; until: number }>({ max: most, ttl: forgottenAfterMs });
  /** Failures without consequence. */
  readonly #free: number;
  readonly #longestMs: number;

  constructor(free: number, longestMs: number) {
    this.#free = free;
    this.#longestMs = longestMs;
  }

  waitMs(name: string, now: number): number {
    return Math.max(0, (this.#entries.get(name)?.until ?? 0) - now);
  }

  count(name: string, by: 1 | -1, now: number): void {
    const failures = Math.max(0, (this.#entries.get(name)?.failures ?? 0) + by);
    const beyond = failures - this.#free;
    const until = beyond < 0 || by < 0 ? 0 : now + Math.min(this.#longestMs, firstBlockMs * 2 ** beyond);
    this.#entries.set(name, { failures, until });
  }
}

/** Key ids are of any length, and may be cut: those that look alike then share their failures. */
function names(keyId: string, address: string) {
  const key = keyId.slice(0, 100);
  const from = networkOf(address);
  return { key, from, pair: `${from} ${key}` };
}
