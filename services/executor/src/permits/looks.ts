import { DueQueue } from '../waiting/due-queue.ts';

/** Looks in flight at once: what is watched must not crowd out the calls of those who still wait. */
const IN_FLIGHT = 4;

/** One thing that is looked at again and again: it gives the pause until the next look (ms), undefined: no more. */
export interface Look {
  look(): Promise<number | undefined>;
}

interface Entry<L> {
  item: L;
  looking: boolean;
}

/** Looks at many things, each in its own time, few at a time; those due first go first. */
export class LookSchedule<L extends Look> {
  readonly #entries = new Map<L, Entry<L>>();
  readonly #queue = new DueQueue<Entry<L>>((entry) => this.#ready(entry));
  /** Due, and waiting for one of the looks in flight to end. */
  readonly #due = new Set<Entry<L>>();
  #running = 0;

  get size(): number {
    return this.#entries.size;
  }

  has(item: L): boolean {
    return this.#entries.has(item);
  }

  /** Looks after `ms` for the first time. No effect on one that is here already. */
  add(item: L, ms: number): void {
    if (this.#entries.has(item)) return;
    const entry: Entry<L> = { item, looking: false };
    this.#entries.set(item, entry);
    this.#queue.add(entry, ms);
  }

  /** Looks as soon as it can be; no effect while a look is under way, or on what is not here. */
  hurry(item: L): void {
    const entry = this.#entries.get(item);
    if (entry && !entry.looking && !this.#due.has(entry)) this.#queue.add(entry, 0);
  }

  /** No look begins after this; one that is under way ends unheard. */
  remove(item: L): void {
    const entry = this.#entries.get(item);
    if (!entry) return;
    this.#entries.delete(item);
    this.#queue.remove(entry);
    this.#due.delete(entry);
  }

  clear(): void {
    for (const item of [...this.#entries.keys()]) this.remove(item);
  }

  #ready(entry: Entry<L>): void {
    this.#due.add(entry);
    this.#next();
  }

  #next(): void {
    for (const entry of this.#due) {
      if (this.#running >= IN_FLIGHT) return;
      this.#due.delete(entry);
      this.#running += 1;
      void this.#run(entry);
    }
  }

  /** `look` handles its own errors; one that it did not expect ends the process, as everywhere. */
  async #run(entry: Entry<L>): Promise<void> {
    entry.looking = true;
    try {
      const pause = await entry.item.look();
      entry.looking = false;
      if (this.#entries.get(entry.item) !== entry) return;
      if (pause === undefined) this.remove(entry.item);
      else this.#queue.add(entry, pause);
    } finally {
      this.#running -= 1;
      this.#next();
    }
  }
}
