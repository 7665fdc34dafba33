import type { Deadline } from './deadline.ts';

/** A dead connection is known to be one after 9 s (see `openLink`); what was sent for longer than that has arrived. */
const KEEP_MS = 12_000;
/** With less time left (ms) it would be late: the connection has to be noticed, and made again. */
const WORTH_KEEPING_MS = 3_000;
/** Of all that is kept; beyond it the oldest is taken to have arrived. */
const MAX_BYTES = 16 * 1024 * 1024;
const GENERATIONS = 4;
/** What keeping one costs besides its payload, about (bytes). */
const OVERHEAD = 256;

interface Kept {
  readonly deadline: Deadline;
  readonly size: number;
}

/**
 * What was sent lately and may have been lost, since a connection can be dead before anybody knows. In generations, so
 * that keeping costs a push and forgetting nothing: the oldest is dropped when there is a new one, after a quarter of the
 * time or of the room. Nothing is sent while the bus is away, so then nothing is forgotten either.
 */
export class SentLately<T extends Kept> {
  readonly #maxBytes: number;
  #current: T[] = [];
  #since = 0;
  #bytes = 0;
  readonly #older: T[][] = [];

  constructor(maxBytes = MAX_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** `now`: by `performance.now()`. */
  add(item: T, now = performance.now()): void {
    if (item.deadline.at - now < WORTH_KEEPING_MS) return;
    if (now - this.#since >= KEEP_MS / GENERATIONS || this.#bytes >= this.#maxBytes / GENERATIONS) this.#turn(now);
    this.#current.push(item);
    this.#bytes += item.size + OVERHEAD;
  }

  /** All of it, oldest first; nothing is kept of it. */
  take(): T[] {
    const all = [...this.#older.splice(0), this.#current].flat();
    this.#current = [];
    this.#bytes = 0;
    return all;
  }

  #turn(now: number): void {
    this.#older.push(this.#current);
    // One more than fill the time: the current one has only begun.
    if (this.#older.length > GENERATIONS) this.#older.shift();
    this.#current = [];
    this.#since = now;
    this.#bytes = 0;
  }
}
