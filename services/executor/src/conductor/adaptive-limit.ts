/** Bounds of the limit: two, so that it can be compared with less; a server that takes more has other limits. */
const LEAST = 2;
const MOST = 256;
/** What the limit is before anything was measured: close to where a small server's throughput is best. */
const FIRST = 8;
/** A change is kept when it gives more than this (parts of the throughput); fewer calls in flight are kept for no less. */
const MARGIN = 0.02;

/**
 * How many calls may be in flight, found by hill climbing on throughput: each trial compares two windows that follow each
 * other, one at the limit and one a step beside it. Fewer calls are preferred where they make no difference, since what
 * waits in the server cannot be refused or served fairly. docs/adr/0005 has what this was measured against.
 */
export class AdaptiveLimit {
  #limit = FIRST;
  #trial = 0;
  #direction = 1;
  #before = 0;

  /** Calls that may be in flight now. */
  get current(): number {
    return this.#limit + this.#trial;
  }

  /** A window has ended during which as many calls were in flight as might be; `throughput` is calls answered per ms. */
  measured(throughput: number): void {
    if (this.#trial === 0) {
      this.#before = throughput;
      return this.#try();
    }
    const needed = this.#trial > 0 ? 1 + MARGIN : 1 - MARGIN;
    if (throughput >= this.#before * needed) {
      this.#limit = this.current;
      this.#before = throughput;
    } else {
      this.#direction = -this.#direction;
    }
    this.#trial = 0;
  }

  /**
   * A window has ended during which no more than `peak` calls were in flight, though more might have been. It tells
   * nothing about more; a limit that is out of reach comes back to where it can be compared with less.
   */
  notReached(peak: number): void {
    if (this.#trial > 0) this.#direction = -1;
    this.#trial = 0;
    if (this.#limit > FIRST) this.#limit = Math.max(FIRST, Math.min(this.#limit, peak));
  }

  #try(): void {
    const step = Math.max(1, Math.round(this.#limit / 5));
    const next = Math.min(MOST, Math.max(LEAST, this.#limit + this.#direction * step));
    this.#trial = next - this.#limit;
    if (this.#trial === 0) this.#direction = -this.#direction;
  }
}
