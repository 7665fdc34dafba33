/**
 * How many requests this process itself has admitted within the last window, roughly: the window before counts by the
 * part of it that the last one still covers. For the time that Redis is away. Times are `performance.now()`'s.
 */
export class OwnCount {
  readonly #windowMs: number;
  #since: number;
  #count = 0;
  #before = 0;

  constructor(windowMs: number, now: number) {
    this.#windowMs = windowMs;
    this.#since = now;
  }

  add(count: number, now: number): void {
    this.#roll(now);
    this.#count = Math.max(0, this.#count + count);
  }

  count(now: number): number {
    this.#roll(now);
    return this.#before * (1 - (now - this.#since) / this.#windowMs) + this.#count;
  }

  /** Until there are no more than `most`, if none is added (ms). */
  until(most: number, now: number): number {
    this.#roll(now);
    const passed = now - this.#since;
    const left = most - this.#count;
    const wait =
      left >= 0
        ? this.#part(this.#before, left) * this.#windowMs - passed
        : (1 + this.#part(this.#count, most)) * this.#windowMs - passed;
    return Math.max(0, wait);
  }

  /** The part of a window after which no more than `most` of so many are left. */
  #part(count: number, most: number): number {
    return count <= most ? 0 : 1 - most / count;
  }

  #roll(now: number): void {
    const windows = Math.floor((now - this.#since) / this.#windowMs);
    if (windows < 1) return;
    this.#before = windows === 1 ? this.#count : 0;
    this.#count = 0;
    this.#since += windows * this.#windowMs;
  }
}
