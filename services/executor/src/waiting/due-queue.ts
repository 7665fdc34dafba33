import TinyQueue from 'tinyqueue';

interface Entry<T> {
  item: T;
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
  /** The entry of each item that counts; others in the heap are left from earlier moves. */
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
    const entry = { item, at: performance.now() + ms };
    this.#entries.set(item, entry);
    this.#heap.push(entry);
    if (entry.at < this.#wakesAt) this.#set(entry.at);
  }

  remove(item: T): void {
    this.#entries.delete(item);
    if (this.#entries.size > 0) return;
    this.#heap.data.length = this.#heap.length = 0;
    clearTimeout(this.#timer);
    this.#wakesAt = Number.POSITIVE_INFINITY;
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
      const counts = this.#entries.get(item) === first;
      // A timer may come up to a millisecond early.
      if (counts && at > now + 1) return this.#set(at);
      this.#heap.pop();
      if (!counts) continue;
      this.#entries.delete(item);
      this.#due(item);
    }
  }
}
