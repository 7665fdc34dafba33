interface Entry {
  at: number;
  due(): void;
}

/** Takes a timer out; harmless when it is done or out already. */
export type Cancel = () => void;

/**
 * All of the server's timers in one heap with one timeout of the process, so that a waiting workflow costs an entry and
 * no work. Times are milliseconds since the epoch, since definitions name dates; an entry is never early.
 */
export class Timers {
  readonly #heap: (Entry | undefined)[] = [];
  readonly #index = new Map<Entry, number>();
  #timeout: NodeJS.Timeout | undefined;
  #wakeAt = Number.POSITIVE_INFINITY;

  get size(): number {
    return this.#heap.length;
  }

  /** Calls `due` at `at`, in a later turn of the event loop also when that is past. */
  add(at: number, due: () => void): Cancel {
    const entry = { at, due };
    this.#heap.push(entry);
    this.#rise(this.#heap.length - 1, entry);
    this.#arm();
    return () => this.#remove(entry);
  }

  /** Forgets everything. */
  clear(): void {
    this.#heap.length = 0;
    this.#index.clear();
    this.#arm();
  }

  /** A timeout already set earlier than needed is left alone: it finds nothing due and sets itself again. */
  #arm(): void {
    const next = this.#heap[0]?.at;
    if (next === undefined) {
      clearTimeout(this.#timeout);
      this.#timeout = undefined;
      this.#wakeAt = Number.POSITIVE_INFINITY;
    } else if (next < this.#wakeAt) {
      clearTimeout(this.#timeout);
      this.#wakeAt = next;
      // Node fires at once above 2^31 - 1 ms, and up to 1 ms early.
      const delay = Math.min(Math.max(0, Math.ceil(next - Date.now())) + 1, 2 ** 31 - 1);
      this.#timeout = setTimeout(() => this.#fire(), delay);
    }
  }

  #fire(): void {
    this.#wakeAt = Number.POSITIVE_INFINITY;
    const now = Date.now();
    for (let first = this.#heap[0]; first && first.at <= now; first = this.#heap[0]) {
      this.#remove(first);
      first.due();
    }
    this.#arm();
  }

  #remove(entry: Entry): void {
    const index = this.#index.get(entry);
    if (index === undefined) return;
    this.#index.delete(entry);
    const last = this.#heap.pop();
    if (!last || last === entry) return;
    this.#rise(index, last);
    this.#sink(this.#index.get(last) ?? index, last);
  }

  #place(index: number, entry: Entry): void {
    this.#heap[index] = entry;
    this.#index.set(entry, index);
  }

  #rise(start: number, entry: Entry): void {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = this.#heap[parent];
      if (!above || above.at <= entry.at) break;
      this.#place(index, above);
      index = parent;
    }
    this.#place(index, entry);
  }

  #sink(start: number, entry: Entry): void {
    let index = start;
    for (;;) {
      const left = this.#heap[2 * index + 1];
      const right = this.#heap[2 * index + 2];
      const below = right && left && right.at < left.at ? right : left;
      if (!below || below.at >= entry.at) break;
      this.#place(index, below);
      index = below === left ? 2 * index + 1 : 2 * index + 2;
    }
    this.#place(index, entry);
  }
}
