import type { RateVerdict } from '../pipeline/limit-rate.ts';
import { type Lease, Leases } from './leases.ts';
import { OwnCount } from './own-count.ts';
import { type RateGrant, SLOTS } from './store.ts';

/** Of a long window a slot would be too long to keep others waiting for what is not used (ms). */
const LONGEST_MS = 1_000;

/** One value of one limit's key, as this process knows it. Times are `performance.now()`'s. */
export class Scope {
  readonly name: string;
  readonly windowMs: number;
  readonly leases = new Leases();
  /** As the newest configuration has it. */
  limit: number;
  /** Requests that wait for permits. */
  waiting = 0;
  /** Permits for those, who take them as soon as it is their turn, whatever the time. */
  due = 0;
  /** Under way to Redis. */
  asking: Promise<void> | undefined;
  /** Until then nobody needs to ask: there is nothing left. */
  refusedUntil = 0;
  /** Admitted without a permit that counts, which Redis has to be told. */
  spent = 0;
  readonly #own: OwnCount;
  /** The one that the last answer brought. */
  #lease: Lease = { left: 0, slot: 0, endsAt: 0 };
  /** How many were fetched ahead the last time. */
  #batch = 0;
  #left = 0;
  #freesAt = 0;
  #used = 0;
  #since: number;

  constructor(name: string, limit: number, windowMs: number, now: number) {
    this.name = name;
    this.limit = limit;
    this.windowMs = windowMs;
    this.#since = now;
    this.#own = new OwnCount(windowMs, now);
  }

  /** For how long to fetch ahead, and how often to ask where there is nothing left: a slot, and never long. */
  get paceMs(): number {
    return Math.min(this.windowMs / SLOTS, LONGEST_MS);
  }

  /** By a permit that is here. */
  take(now: number): RateVerdict | undefined {
    const lease = this.leases.take(now);
    return lease && this.#admit(lease, now);
  }

  /** By a permit that Redis gave for those who wait. */
  takeDue(now: number): RateVerdict | undefined {
    if (this.due === 0) return undefined;
    this.due -= 1;
    return this.#admit(this.#lease, now);
  }

  #admit(lease: Lease, now: number): RateVerdict {
    this.#used += 1;
    this.#own.add(1, now);
    const giveBack = () => {
      this.leases.putBack(lease);
      this.#own.add(-1, performance.now());
    };
    return { admitted: true, remaining: this.#left + this.leases.left(now), resetMs: this.#freesAt - now, giveBack };
  }

  refuse(now: number): RateVerdict {
    return { admitted: false, remaining: 0, resetMs: this.#freesAt - now, giveBack() {} };
  }

  /** Without Redis: as long as this process has admitted less than its share of the limit. */
  takeShare(replicas: number, now: number): RateVerdict {
    const share = Math.max(1, Math.floor(this.limit / replicas));
    const count = this.#own.count(now);
    if (count + 1 > share) {
      const resetMs = this.#own.until(share - 1, now);
      return { admitted: false, remaining: 0, resetMs, giveBack() {} };
    }
    this.#own.add(1, now);
    this.spent += 1;
    const giveBack = () => {
      this.#own.add(-1, performance.now());
      this.spent = Math.max(0, this.spent - 1);
    };
    return { admitted: true, remaining: Math.floor(share - count - 1), resetMs: this.windowMs, giveBack };
  }

  /** How many permits to ask for ahead: those of a slot or a second, at the pace since the last ask, which may have been just now. */
  ahead(now: number): number {
    const pace = this.#used / Math.max(now - this.#since, this.paceMs / 4);
    return Math.floor(pace * this.paceMs);
  }

  /** Whether to ask for more although there are some. */
  runsLow(now: number): boolean {
    if (this.asking || now < this.refusedUntil || this.leases.left(now) * 2 > this.#batch) return false;
    return this.ahead(now) > 0;
  }

  /** What has to be told to Redis: once a window has gone by it matters no more. */
  takeSpent(now: number): number {
    const spent = Math.min(this.spent, Math.ceil(this.#own.count(now)));
    this.spent = 0;
    return spent;
  }

  owes(now: number): boolean {
    return this.spent > 0 || this.leases.hasUnused(now);
  }

  asked(now: number): void {
    this.#used = 0;
    this.#since = now;
  }

  /** `need`: for how many that still wait it was asked. */
  answered(grant: RateGrant, { at, need, ahead }: { at: number; need: number; ahead: number }, now: number): void {
    const given = Math.min(grant.granted, need);
    const more = grant.granted - given;
    if (grant.granted > 0) {
      this.due += given;
      this.#lease = { left: more, slot: grant.slot, endsAt: at + Math.min(grant.lastsMs, 2 * this.paceMs) };
      this.leases.add(this.#lease);
      // Used later than they count: Redis is told to count them anew.
      if (now > at + grant.lastsMs) {
        this.leases.unused(grant.slot, given);
        this.spent += given;
      }
    }
    if (ahead + more > 0) this.#batch = more;
    this.#left = grant.left;
    this.#freesAt = now + grant.freesMs;
    // Others may give some back before the next comes free, so it is asked again before that.
    this.refusedUntil = grant.left > 0 ? 0 : now + Math.min(grant.freesMs, this.paceMs);
  }
}
