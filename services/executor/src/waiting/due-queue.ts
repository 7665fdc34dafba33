import TinyQueue from 'tinyqueue';

interface Entry<T> {
  /** Undefined: moved or removed, and kept only until its time. */
  item: T | undefined;
  /** By `performance.now()`. */
  at: number;
}

/**
 * Things that are due at some time, with one timer for all of them, to the millisecond. An item stands here once: to add
 * it again moves it. Nothing runs while nothing is due.
 */
export class DueQueue<T extends object> {
  readonly #due: (item: T) => void;
  readonly #heap = new TinyQueue<Entry<T>>([], (a, b) => a.at - b.at);
  /** The entry of each item. */
  readonly #entries = new Map<T, Entry<T>>();
  #timer: NodeJS.Timeout | undefined;
  #wakesAt = Number.POSITIVE_INFINITY;

  constructor(due: (item: T) => void) {
    this.#due = due;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** `ms` from now. */
  add(item: T, ms: number): void {
    this.#forget(item);
    const entry: Entry<T> = { item, at: performance.now() + ms };
    this.#entries.set(item, entry);
    this.#heap.push(entry);
    if (entry.at < this.#wakesAt) this.#set(entry.at);
  }

  remove(item: T): void {
    this.#forget(item);
    if (this.#entries.size > 0) return;
    this.#heap.data.length = this.#heap.length = 0;
    clearTimeout(this.#timer);
    this.#wakesAt = Number.POSITIVE_INFINITY;
  }

  #forget(item: T): void {
    const entry = this.#entries.get(item);
    if (entry) entry.item = undefined;
    this.#entries.delete(item);
  }

  #set(at: number): void {
    clearTimeout(this.#timer);
    this.#wakesAt = at;
    this.#timer = setTimeout(() => this.#turn(), Math.max(0, at - performance.now()));
  }

  #turn(): void {
    const now = performance.now();
    this.#wakesAt = Number.POSITIVE_INFINITY;
    for (;;) {
      const first = this.#heap.peek();
      if (!first) return;
      const { item, at } = first;
      // A timer may come up to a millisecond early.
      if (item && at > now + 1) return this.#set(at);
      this.#heap.pop();
      if (!item) continue;
      this.#entries.delete(item);
      this.#due(item);
    }
  }
}
