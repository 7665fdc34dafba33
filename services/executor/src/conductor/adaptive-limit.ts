/** Bounds of the limit: two, so that it can be compared with less; a server that takes more has other limits. */
const LEAST = 2;
const MOST = 256;
/** What the limit is before anything was measured: close to where a small server's throughput is best. */
const FIRST = 8;
/** Size of a step, a part of the limit. */
const STEP = 0.15;
/** Throughput is measured badly: a gain counts when, times the root of the trials that showed it, it is more than that. */
const EVIDENCE = 0.12;
/** So many trials that show no loss are enough to have fewer calls in flight; a loss of less than that (a part) is none. */
const TRIALS_FOR_FEWER = 6;
const NO_LOSS = 0.01;
/** Older trials are forgotten: the server may have changed. */
const MOST_TRIALS = 40;

/** What trials in one direction have shown: the mean of the logarithms of what throughput was multiplied by. */
class Trials {
  #count = 0;
  #mean = 0;

  add(gain: number): void {
    this.#count = Math.min(MOST_TRIALS, this.#count + 1);
    this.#mean += (gain - this.#mean) / this.#count;
  }

  get showGain(): boolean {
    return this.#count >= 2 && this.#mean * Math.sqrt(this.#count) > EVIDENCE;
  }

  get showNoLoss(): boolean {
    return this.#count >= TRIALS_FOR_FEWER && this.#mean > -NO_LOSS;
  }
}

/**
 * How many calls may be in flight, found by hill climbing on throughput. Every other window is a trial, one step above or
 * below the limit, and is compared with the windows before and after it, so that what else changes meanwhile cancels out.
 * The limit moves when trials have shown enough. Fewer calls are preferred where they make no difference, since what waits
 * in the server cannot be refused or served fairly. docs/adr/0006 has what this was measured against.
 */
export class AdaptiveLimit {
  #limit = FIRST;
  /** What the window under way adds to the limit; 0: it is no trial. */
  #trial = 0;
  #direction = 1;
  #up = new Trials();
  #down = new Trials();
  /** Throughput of the last window at the limit, and of the trial after it. */
  #before: number | undefined;
  #tried: number | undefined;

  /** Calls that may be in flight now. */
  get current(): number {
    return this.#limit + this.#trial;
  }

  /** A window has ended during which as many calls were in flight as might be; `throughput` is calls answered per ms. */
  measured(throughput: number): void {
    if (this.#trial !== 0) {
      this.#tried = throughput;
      this.#trial = 0;
      return;
    }
    if (this.#tried !== undefined && this.#before !== undefined) {
      const gain = Math.log((this.#tried + 1e-6) / ((this.#before + throughput) / 2 + 1e-6));
      if (this.#conclude(gain)) return;
    }
    this.#before = throughput;
    this.#try();
  }

  /**
   * A window has ended during which no more than `peak` calls were in flight, though more might have been. It tells
   * nothing; a limit that is out of reach comes back to where it can be compared with less.
   */
  notReached(peak: number): void {
    if (this.#trial > 0) this.#direction = -1;
    this.#trial = 0;
    this.#before = this.#tried = undefined;
    if (this.#limit > FIRST && peak < this.#limit) this.#move(Math.max(FIRST, peak));
  }

  /** Whether the limit has moved. */
  #conclude(gain: number): boolean {
    const trials = this.#direction > 0 ? this.#up : this.#down;
    trials.add(gain);
    if (trials.showGain || (this.#direction < 0 && trials.showNoLoss)) {
      this.#move(this.#limit + this.#direction * this.#step());
      return true;
    }
    this.#direction = -this.#direction;
    return false;
  }

  #move(limit: number): void {
    this.#limit = Math.min(MOST, Math.max(LEAST, limit));
    this.#up = new Trials();
    this.#down = new Trials();
    this.#before = this.#tried = undefined;
  }

  #try(): void {
    this.#tried = undefined;
    const next = Math.min(MOST, Math.max(LEAST, this.#limit + this.#direction * this.#step()));
    this.#trial = next - this.#limit;
    if (this.#trial === 0) this.#direction = -this.#direction;
  }

  #step(): number {
    return Math.max(1, Math.round(this.#limit * STEP));
  }
}
