import { Problem } from '@rostrum/shared/problems';
import type { KeySet } from './discover.ts';

export interface IssuerOptions {
  /** Reads the keys anew. @throws whatever goes wrong. */
  discover(issuer: string): Promise<KeySet>;
  /** How old keys become before newer ones are looked for (ms). */
  refreshMs: number;
  /** The least time between two looks (ms), however many tokens name keys that are not known. */
  floorMs: number;
  /** How old keys may become while the issuer cannot be asked (ms). */
  staleMs: number;
  /** Told of every look: its error, where it failed. */
  onLooked(issuer: string, error?: unknown): void;
  /** Milliseconds, monotonic. */
  now?: () => number;
}

const FIRST_RETRY_MS = 1_000;

/**
 * One issuer's keys. They are looked for when first needed, ahead of their age, and when a token names one that is not
 * among them; by one look at a time, whoever waits for it. Keys that are known are used while the issuer is away.
 */
export class Issuer {
  readonly #uri: string;
  readonly #options: IssuerOptions;
  readonly #now: () => number;
  #keys: KeySet | undefined;
  #readAt = 0;
  #failures = 0;
  #nextLookAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;

  constructor(uri: string, options: IssuerOptions) {
    this.#uri = uri;
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** What it holds in memory (bytes). */
  get bytes(): number {
    return this.#keys?.bytes ?? 0;
  }

  /** The keys to verify with. @throws {Problem} service-unavailable, where none are known and none can be had. */
  async keys(): Promise<KeySet> {
    const { refreshMs, staleMs } = this.#options;
    const age = this.#now() - this.#readAt;
    if (this.#keys && age < refreshMs) return this.#keys;
    const look = this.#look();
    // Nobody has to wait for a look that is only ahead of time; keys that nobody used for long may be revoked by now.
    if (!this.#keys || age >= 2 * refreshMs) await look;
    if (this.#keys && this.#now() - this.#readAt < staleMs) return this.#keys;
    throw this.#unavailable();
  }

  /**
   * The keys after another look, for a token whose key is not among those given; undefined where there are no others,
   * or it is too soon to look. @throws {Problem} service-unavailable, where it cannot be known.
   */
  async newerThan(keys: KeySet): Promise<KeySet | undefined> {
    if (this.#keys === keys) await this.#look();
    if (this.#keys !== keys) return this.#keys;
    if (this.#failures > 0) throw this.#unavailable();
    return undefined;
  }

  /** Never rejects. */
  #look(): Promise<void> {
    if (this.#looking) return this.#looking;
    if (this.#now() < this.#nextLookAt) return Promise.resolve();
    this.#looking = this.#read().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #read(): Promise<void> {
    const { discover, floorMs, onLooked } = this.#options;
    try {
      const keys = await discover(this.#uri);
      // What was verified by the same keys stays so.
      if (keys.text !== this.#keys?.text) this.#keys = keys;
      this.#readAt = this.#now();
      this.#failures = 0;
      this.#nextLookAt = this.#readAt + floorMs;
      onLooked(this.#uri);
    } catch (error) {
      this.#nextLookAt = this.#now() + Math.min(floorMs, FIRST_RETRY_MS * 2 ** this.#failures);
      this.#failures += 1;
      onLooked(this.#uri, error);
    }
  }

  #unavailable(): Problem {
    const retryAfter = Math.max(1, Math.ceil((this.#nextLookAt - this.#now()) / 1_000));
    const detail = 'Tokens cannot be checked at the moment: their issuer does not answer.';
    return new Problem('service-unavailable', detail, { retryAfter });
  }
}
