import { LRUCache } from 'lru-cache';
import type { RateLimiter, RateVerdict } from '../pipeline/limit-rate.ts';
import type { RateRule } from '../routing/rate-rule.ts';
import { Scope } from './scope.ts';
import type { RateStore } from './store.ts';
import { within } from './within.ts';

/** How often it says that it is there, a third of how long it counts as being there (ms). */
const ANNOUNCE_MS = 5_000;
/** How often permits that were not used are looked for (ms). */
const SWEEP_MS = 100;
/** How often Redis is tried while it is away (ms). */
const RETRY_MS = 250;

export interface RateWatch {
  asked(result: 'answered' | 'failed' | 'late'): void;
  refused(rule: RateRule): void;
  away(away: boolean): void;
}

export interface RateLimiterOptions {
  store: RateStore;
  /** Scopes that are remembered here; the one unused for longest goes first. */
  maxScopes: number;
  /** How long a request waits for Redis (ms). */
  timeoutMs: number;
  watch: RateWatch;
}

export interface RunningRateLimiter extends RateLimiter {
  /** Says that this process is there and hears how many are, as it does every five seconds. Never rejects. */
  announce(): Promise<void>;
  /** Gives back what it holds. Never rejects. */
  close(): Promise<void>;
}

/**
 * Counts requests over all ingresses with permits that it fetches ahead, so that a request waits for Redis only where
 * there are none. While Redis is away nobody waits: this process admits its share of each limit, one over the number of
 * ingresses last known, but at least one request a window.
 */
export async function startRateLimiter(options: RateLimiterOptions): Promise<RunningRateLimiter> {
  const limiter = new Limiter(options);
  await limiter.announce();
  return limiter;
}

class Limiter implements RunningRateLimiter {
  readonly #options: RateLimiterOptions;
  readonly #scopes: LRUCache<string, Scope>;
  /** Those that may have something to give back. */
  readonly #holding = new Set<Scope>();
  readonly #timers: NodeJS.Timeout[];
  #replicas = 1;
  #away = false;
  #retryAt = 0;

  constructor(options: RateLimiterOptions) {
    this.#options = options;
    this.#scopes = new LRUCache({ max: options.maxScopes, dispose: (scope) => scope.leases.end() });
    this.#timers = [
      setInterval(() => void this.announce(), ANNOUNCE_MS).unref(),
      setInterval(() => this.#sweep(), SWEEP_MS).unref(),
    ];
  }

  take(rule: RateRule, name: string): RateVerdict | Promise<RateVerdict> {
    const now = performance.now();
    const scope = this.#scopeOf(rule, name, now);
    const verdict = scope.take(now);
    if (!verdict) return this.#decide(scope, now, rule) ?? this.#wait(scope, rule);
    if (!this.#away && scope.runsLow(now)) void this.#ask(scope, scope.ahead(now));
    return verdict;
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    for (const scope of this.#holding) await scope.asking;
    for (const scope of this.#holding) scope.leases.end();
    const given = [...this.#holding]
      .filter((scope) => scope.owes(performance.now()))
      .map((scope) => this.#ask(scope, 0));
    await Promise.all([...given, this.#options.store.leave().catch(() => {})]);
  }

  async announce(): Promise<void> {
    try {
      this.#replicas = Math.max(1, await this.#options.store.announce());
      this.#setAway(false);
    } catch {
      this.#setAway(true);
    }
  }

  #scopeOf(rule: RateRule, name: string, now: number): Scope {
    const known = this.#scopes.get(name);
    if (known) {
      known.limit = rule.limit;
      return known;
    }
    const scope = new Scope(name, rule.limit, rule.windowMs, now);
    this.#scopes.set(name, scope);
    return scope;
  }

  /** What can be said without permits and without Redis. */
  #decide(scope: Scope, now: number, rule: RateRule): RateVerdict | undefined {
    if (now < scope.refusedUntil) return this.#refused(scope.refuse(now), rule);
    if (!this.#away) return undefined;
    if (now >= this.#retryAt && !scope.asking) {
      this.#retryAt = now + RETRY_MS;
      void this.#ask(scope, 0);
    }
    this.#holding.add(scope);
    const verdict = scope.takeShare(this.#replicas, now);
    return verdict.admitted ? verdict : this.#refused(verdict, rule);
  }

  #refused(verdict: RateVerdict, rule: RateRule): RateVerdict {
    this.#options.watch.refused(rule);
    return verdict;
  }

  /** Ends: each answer has permits for at least one of those who wait, or says that there is none, or does not come. */
  async #wait(scope: Scope, rule: RateRule): Promise<RateVerdict> {
    scope.waiting += 1;
    try {
      for (;;) {
        await (scope.asking ?? this.#ask(scope, scope.ahead(performance.now()), scope.waiting));
        const now = performance.now();
        const verdict = scope.takeDue(now) ?? scope.take(now) ?? this.#decide(scope, now, rule);
        if (verdict) return verdict;
      }
    } finally {
      scope.waiting -= 1;
    }
  }

  /** Never rejects. `need`: how many wait for it. */
  #ask(scope: Scope, ahead: number, need = 0): Promise<void> {
    scope.asking = this.#exchange(scope, ahead, need).finally(() => {
      scope.asking = undefined;
    });
    return scope.asking;
  }

  async #exchange(scope: Scope, ahead: number, need: number): Promise<void> {
    const { store, timeoutMs, watch } = this.#options;
    const { limit, windowMs } = scope;
    const askedAt = performance.now();
    const unused = scope.leases.takeUnused(askedAt);
    const spent = scope.takeSpent(askedAt);
    if (need + ahead > 0) scope.asked(askedAt);
    this.#holding.add(scope);
    let late = false;
    const answer = store
      .ask(scope.name, { limit, windowMs, need, ahead, share: 4 * this.#replicas, spent, unused })
      .then(
        (grant) => {
          // Who waited has gone on without by then; the permits are good all the same, as long as they last.
          scope.answered(grant, { at: askedAt, need: late ? 0 : need, ahead }, performance.now());
          this.#setAway(false);
          if (!late) watch.asked('answered');
        },
        () => {
          scope.spent += spent;
          this.#setAway(true);
          if (!late) watch.asked('failed');
        },
      );
    if (await within(timeoutMs, answer)) return;
    late = true;
    this.#setAway(true);
    watch.asked('late');
  }

  #setAway(away: boolean): void {
    if (away === this.#away) return;
    this.#away = away;
    this.#options.watch.away(away);
    if (away) this.#retryAt = performance.now() + RETRY_MS;
  }

  /** Gives back what was not used, so that others need not do without it until a window has gone by. */
  #sweep(): void {
    const now = performance.now();
    for (const scope of this.#holding) {
      if (scope.asking) continue;
      if (scope.owes(now)) {
        if (!this.#away) void this.#ask(scope, 0);
      } else if (!scope.leases.held) this.#holding.delete(scope);
    }
  }
}
