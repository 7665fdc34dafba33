import { FairQueue } from '@rostrum/service/fair-queue';
import { ConductorError, type Lane, lanes, type Turn } from '../domain/conductor.ts';
import { AdaptiveLimit } from './adaptive-limit.ts';
import { Breaker } from './breaker.ts';

/** How often what waits is looked through (ms). */
const TICK_MS = 100;
/** A window of measurement ends with so many answers, or after so long (ms). */
const WINDOW_ANSWERS = 100;
const WINDOW_MS = 400;
/** Part of a window for which the limit has to have been reached, for the window to tell something about it. */
const BUSY = 0.5;
/** A call without an answer for so long makes the server suspect (ms). */
const SILENCE_MS = 3_000;
/** So many looks go before a start that waits: looks come first, and starts come all the same. */
const LOOKS_BEFORE_START = 3;
/** So many calls go before a look that nobody waits for. */
const CALLS_BEFORE_WATCH = 8;
/** What a caller who is refused is told to wait at most (ms). */
const LONGEST_RETRY_MS = 30_000;
/** Weight of the newest window in the average rate. */
const NEWEST = 0.25;

export interface GateOptions {
  /** Calls and bytes of their bodies that may wait; more are refused. */
  maxWaiting: number;
  maxWaitingBytes: number;
  /** How long one call may take, its time in the queue not counted (ms). */
  callTimeoutMs: number;
  /** Asks the server for a sign of life; rejects when there is none. */
  probe(timeoutMs: number): Promise<unknown>;
  /** Conductor is no longer called because it is away, or is called again. */
  onBreaker(open: boolean): void;
  /** The queue has become full, or has room again. */
  onFull(full: boolean): void;
}

/** A call in flight: when it was sent. */
interface Flight {
  lane: Lane;
  since: number;
}

interface Waiting {
  owner: string;
  lane: Lane;
  bytes: number;
  /** Its turn has to come before that, by `performance.now()`. */
  until: number;
  go(flight: Flight): void;
  refuse(error: ConductorError): void;
}

/** How the gate stands, for metrics. */
export interface GateStats {
  limit: number;
  inFlight: number;
  waiting: number;
  waitingBytes: number;
  open: boolean;
}

/**
 * The one way to Conductor: no more calls in flight than it does well with, the others in turn. Looks of those who wait
 * go before starts, since each may finish something, but cannot keep them out; within a lane routes take turns, so that a
 * busy one cannot starve another. What cannot have its turn in time is refused as soon as that is clear, and everything
 * while Conductor is away.
 */
export class Gate {
  readonly #options: GateOptions;
  readonly #limit = new AdaptiveLimit();
  readonly #breaker: Breaker;
  readonly #queues: Record<Lane, FairQueue<Waiting>> = {
    look: new FairQueue(),
    start: new FairQueue(),
    watch: new FairQueue(),
  };
  /** Oldest first. */
  readonly #flights = new Set<Flight>();
  #watching = 0;
  #looksInARow = 0;
  #callsInARow = 0;
  #waiting = 0;
  #waitingBytes = 0;
  #full = false;
  #windowFrom = 0;
  #answered: Record<Lane, number> = { look: 0, start: 0, watch: 0 };
  /** Calls answered per ms in each lane in windows in which the limit was reached, on average; 0 while nothing is known. */
  #rates: Record<Lane, number> = { look: 0, start: 0, watch: 0 };
  /** Since when as many calls as may be are in flight (by `performance.now()`), and for how long that was so before (ms). */
  #busySince: number | undefined;
  #busyMs = 0;
  /** Most calls in flight in this window. */
  #peak = 0;
  #tick: NodeJS.Timeout | undefined;

  constructor(options: GateOptions) {
    this.#options = options;
    this.#breaker = new Breaker({ probe: options.probe, onChange: (open) => this.#switched(open) });
  }

  stats(): GateStats {
    const [limit, inFlight, open] = [this.#limit.current, this.#flights.size, this.#breaker.open];
    return { limit, inFlight, waiting: this.#waiting, waitingBytes: this.#waitingBytes, open };
  }

  /**
   * Makes a call in its turn; `bytes` is what it holds in memory meanwhile.
   *
   * @throws {ConductorError} `overloaded` or `suspended` when it was not made, else what the call throws.
   */
  async pass<T>({ lane, share, withinMs }: Turn, bytes: number, call: (timeoutMs: number) => Promise<T>): Promise<T> {
    if (this.#breaker.open) throw suspended();
    const until = performance.now() + withinMs;
    const free = this.#queues[lane].size === 0 && this.#mayGo(lane);
    const flight = free ? this.#depart(lane) : await this.#wait(lane, share, until, bytes);
    try {
      const result = await call(Math.min(this.#options.callTimeoutMs, until - flight.since));
      this.#breaker.answered();
      return result;
    } catch (error) {
      if (error instanceof ConductorError && error.serverAway) this.#breaker.failed();
      else this.#breaker.answered();
      throw error;
    } finally {
      this.#flights.delete(flight);
      this.#notBusy();
      if (lane === 'watch') this.#watching -= 1;
      this.#answered[lane] += 1;
      this.#next();
    }
  }

  /** Refuses the starts that wait: they are for another process. */
  drain(): void {
    for (const entry of this.#queues.start) this.#refuse(entry, suspended());
  }

  close(): void {
    clearInterval(this.#tick);
    this.#breaker.close();
    for (const lane of lanes) for (const entry of this.#queues[lane]) this.#refuse(entry, suspended());
  }

  #mayGo(lane: Lane): boolean {
    const limit = this.#limit.current;
    // What nobody waits for gets a quarter, so that it cannot crowd the others out.
    return this.#flights.size < limit && (lane !== 'watch' || this.#watching < Math.max(1, limit / 4));
  }

  #depart(lane: Lane): Flight {
    const flight = { lane, since: performance.now() };
    this.#flights.add(flight);
    this.#peak = Math.max(this.#peak, this.#flights.size);
    if (this.#flights.size >= this.#limit.current) this.#busySince ??= flight.since;
    if (lane === 'watch') this.#watching += 1;
    this.#looksInARow = lane === 'look' ? this.#looksInARow + 1 : 0;
    this.#callsInARow = lane === 'watch' ? 0 : this.#callsInARow + 1;
    if (this.#tick === undefined) {
      this.#windowFrom = flight.since;
      this.#tick = setInterval(() => this.#turn(), TICK_MS);
    }
    return flight;
  }

  async #wait(lane: Lane, owner: string, until: number, bytes: number): Promise<Flight> {
    const { maxWaiting, maxWaitingBytes } = this.#options;
    if (this.#waiting >= maxWaiting || this.#waitingBytes + bytes > maxWaitingBytes) {
      // What is too large for an empty queue is too large for any: others of its kind are no better off elsewhere.
      if (this.#waiting > 0) this.#setFull(true);
      throw overloaded(this.#expectedMs(lane, this.#waiting));
    }
    const expectedMs = this.#expectedMs(lane, this.#ahead(lane, this.#queues[lane].sizeOf(owner) + 1));
    if (performance.now() + expectedMs > until) throw overloaded(expectedMs);
    const { promise, resolve: go, reject: refuse } = Promise.withResolvers<Flight>();
    this.#queues[lane].add({ owner, lane, bytes, until, go, refuse });
    this.#waiting += 1;
    this.#waitingBytes += bytes;
    return promise;
  }

  #next(): void {
    for (let lane = this.#nextLane(); lane; lane = this.#nextLane()) {
      const entry = this.#queues[lane].take(() => true) as Waiting;
      this.#taken(entry);
      if (entry.until <= performance.now()) entry.refuse(overloaded(0));
      else entry.go(this.#depart(lane));
    }
  }

  /** The lane whose turn it is; undefined when nothing may go. */
  #nextLane(): Lane | undefined {
    const { look, start, watch } = this.#queues;
    if (watch.size > 0 && this.#callsInARow >= CALLS_BEFORE_WATCH && this.#mayGo('watch')) return 'watch';
    const startIsDue = this.#looksInARow >= LOOKS_BEFORE_START || look.size === 0;
    if (start.size > 0 && startIsDue && this.#mayGo('start')) return 'start';
    if (look.size > 0 && this.#mayGo('look')) return 'look';
    return watch.size > 0 && this.#mayGo('watch') ? 'watch' : undefined;
  }

  /** For the moment, or for good: whoever departs next says so. */
  #notBusy(): void {
    if (this.#busySince === undefined) return;
    this.#busyMs += performance.now() - this.#busySince;
    this.#busySince = undefined;
  }

  #refuse(entry: Waiting, error: ConductorError): void {
    if (!this.#queues[entry.lane].delete(entry)) return;
    this.#taken(entry);
    entry.refuse(error);
  }

  #taken(entry: Waiting): void {
    this.#waiting -= 1;
    this.#waitingBytes -= entry.bytes;
    const { maxWaiting, maxWaitingBytes } = this.#options;
    if (this.#waiting < maxWaiting / 2 && this.#waitingBytes < maxWaitingBytes / 2) this.#setFull(false);
  }

  #setFull(full: boolean): void {
    if (full === this.#full) return;
    this.#full = full;
    this.#options.onFull(full);
  }

  /** Measures, refuses what has become hopeless, and asks whether a silent server is still there. */
  #turn(): void {
    const now = performance.now();
    const { look, start, watch } = this.#answered;
    if (look + start + watch >= WINDOW_ANSWERS || now - this.#windowFrom >= WINDOW_MS) this.#endWindow(now);
    for (const lane of lanes) this.#refuseHopeless(lane, now);
    const [oldest] = this.#flights;
    if (oldest && now - oldest.since > SILENCE_MS) this.#breaker.suspect();
    if (this.#flights.size > 0 || this.#waiting > 0) return;
    clearInterval(this.#tick);
    this.#tick = undefined;
  }

  #endWindow(now: number): void {
    const ms = now - this.#windowFrom;
    this.#notBusy();
    if (this.#busyMs > ms * BUSY) this.#measure(ms);
    else this.#limit.notReached(this.#peak);
    this.#windowFrom = now;
    this.#busyMs = this.#peak = 0;
    this.#answered = { look: 0, start: 0, watch: 0 };
    this.#next();
    if (this.#flights.size >= this.#limit.current) this.#busySince = now;
  }

  #measure(ms: number): void {
    const answered = this.#answered;
    const rates = this.#rates;
    const known = rates.look + rates.start + rates.watch > 0;
    const averaged = (lane: Lane) => {
      const rate = answered[lane] / ms;
      return known ? rates[lane] + NEWEST * (rate - rates[lane]) : rate;
    };
    this.#rates = { look: averaged('look'), start: averaged('start'), watch: averaged('watch') };
    this.#limit.measured((answered.look + answered.start + answered.watch) / ms);
  }

  #refuseHopeless(lane: Lane, now: number): void {
    const places = new Map<string, number>();
    for (const entry of this.#queues[lane]) {
      const place = (places.get(entry.owner) ?? 0) + 1;
      places.set(entry.owner, place);
      const expectedMs = this.#expectedMs(lane, this.#ahead(lane, place));
      if (now + expectedMs > entry.until) this.#refuse(entry, overloaded(expectedMs));
    }
  }

  /** How many leave the lane up to one that is at this place among its own: routes take turns. */
  #ahead(lane: Lane, place: number): number {
    const queue = this.#queues[lane];
    return Math.min(queue.size + 1, place * Math.max(1, queue.owners));
  }

  /** Until so many more of the lane have been answered (ms); 0 while nothing is known. */
  #expectedMs(lane: Lane, count: number): number {
    const { look, start, watch } = this.#rates;
    if (look + start + watch === 0) return 0;
    // A lane that was not held back in the last windows has a share all the same.
    return count / Math.max(this.#rates[lane], (look + start + watch) / 10);
  }

  #switched(open: boolean): void {
    this.#options.onBreaker(open);
    if (!open) return;
    for (const lane of lanes) for (const entry of this.#queues[lane]) this.#refuse(entry, suspended());
  }
}

function overloaded(expectedMs: number): ConductorError {
  const retryAfterMs = Math.min(LONGEST_RETRY_MS, Math.max(1_000, expectedMs));
  return new ConductorError('overloaded', 'not called: its turn would come too late', { retryAfterMs });
}

function suspended(): ConductorError {
  return new ConductorError('suspended', 'not called: Conductor has been failing', { retryAfterMs: 1_000 });
}
