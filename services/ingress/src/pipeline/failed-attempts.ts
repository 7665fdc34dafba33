import { networkOf } from '@rostrum/service/networks';
import { LRUCache } from 'lru-cache';

export interface AttemptLimits {
  /** Failures of one network in a window beyond which it is told to wait; 0: any number. */
  perAddress: number;
  /** The same of one credential. */
  perCredential: number;
  windowMs: number;
}

/** So many times the limit of an address, and only who is known from there is looked at. */
const CLOSED_AT = 10;
const MOST = 10_000;
const PROVEN_MS = 86_400_000;

interface Window {
  failures: number;
  /** By the clock given. */
  endsAt: number;
}

/**
 * Counts requests that were not authenticated, in fixed windows, by network (an IPv4 address, or an IPv6 one's /64) and by
 * credential. Who is beyond the limit is told to wait, but a valid credential still lets in: addresses are shared. Beyond
 * ten times the limit the network is closed to all but credentials that were right from it within a day, so that
 * nobody tries more than that many. A credential beyond its own limit does not count against its network any more: a client
 * that repeats a key that was revoked tries nothing new.
 *
 * In the memory of each process, bounded: the counts of a process are its own, and those unused for longest go first.
 */
export class FailedAttempts {
  readonly #networks = new LRUCache<string, Window>({ max: MOST });
  readonly #credentials = new LRUCache<string, Window>({ max: MOST });
  readonly #proven: LRUCache<string, true>;
  readonly #limits: AttemptLimits;
  readonly #now: () => number;

  constructor(limits: AttemptLimits, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
    this.#proven = new LRUCache({ max: MOST, ttl: PROVEN_MS, ttlResolution: 0, perf: { now } });
  }

  /** How long a credential that was never right from there is not looked at (ms); 0: it is. `credential`: a digest. */
  closedMs(address: string, credential: string): number {
    const network = networkOf(address);
    if (this.#proven.has(`${network} ${credential}`)) return 0;
    return this.#over(this.#networks.get(network), CLOSED_AT * this.#limits.perAddress);
  }

  /** How long a credential that failed before is not looked at again (ms); 0: it is. */
  spentMs(credential: string): number {
    return this.#over(this.#credentials.get(credential), this.#limits.perCredential);
  }

  /** Counts a failure, and tells for how long a further one is no news (ms); 0: it is. */
  failed(address: string, credential: string): number {
    const { perAddress } = this.#limits;
    const spent = this.spentMs(credential);
    if (spent > 0) return spent;
    const network = networkOf(address);
    this.#count(this.#credentials, credential);
    return this.#over(this.#count(this.#networks, network), perAddress);
  }

  succeeded(address: string, credential: string): void {
    this.#proven.set(`${networkOf(address)} ${credential}`, true);
  }

  #count(windows: LRUCache<string, Window>, name: string): Window {
    const now = this.#now();
    const known = windows.get(name);
    const window = known && known.endsAt > now ? known : { failures: 0, endsAt: now + this.#limits.windowMs };
    window.failures += 1;
    windows.set(name, window);
    return window;
  }

  #over(window: Window | undefined, limit: number): number {
    if (!window || limit === 0 || window.failures <= limit) return 0;
    return Math.max(0, window.endsAt - this.#now());
  }
}
