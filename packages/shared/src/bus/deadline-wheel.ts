const TICK_MS = 20;

/** Something that can be told that its time is up. Kept by the wheel until then, or until it is taken out. */
export interface Expiring {
  expire(): void;
}

/**
 * Deadlines of many things with one timer: a set of entries for each tick of 20 ms. Adding and removing cost a set
 * operation each; the timer runs only while something is waiting. An entry expires at its deadline or up to a tick
 * later, never earlier.
 */
export class DeadlineWheel<T extends Expiring> {
  readonly #slots = new Map<number, Set<T>>();
  readonly #ticks = new Map<T, number>();
  #timer: NodeJS.Timeout | undefined;
  #done = 0;

  get size(): number {
    return this.#ticks.size;
  }

  /** `ms` from now; an entry that is already here is moved. */
  add(entry: T, ms: number): void {
    this.remove(entry);
    const now = performance.now();
    if (this.#ticks.size === 0) this.#done = Math.floor(now / TICK_MS);
    const tick = Math.max(this.#done + 1, Math.ceil((now + ms) / TICK_MS));
    let slot = this.#slots.get(tick);
    if (!slot) this.#slots.set(tick, (slot = new Set()));
    slot.add(entry);
    this.#ticks.set(entry, tick);
    this.#timer ??= setInterval(() => this.#turn(), TICK_MS);
  }

  /** Nothing happens when the entry is not here. */
  remove(entry: T): void {
    const tick = this.#ticks.get(entry);
    if (tick === undefined) return;
    this.#ticks.delete(entry);
    const slot = this.#slots.get(tick);
    slot?.delete(entry);
    if (slot?.size === 0) this.#slots.delete(tick);
    this.#rest();
  }

  #turn(): void {
    const now = Math.floor(performance.now() / TICK_MS);
    while (this.#done < now) {
      this.#done += 1;
      const slot = this.#slots.get(this.#done);
      if (!slot) continue;
      for (const entry of slot) {
        this.remove(entry);
        entry.expire();
      }
    }
    this.#rest();
  }

  #rest(): void {
    if (this.#ticks.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
