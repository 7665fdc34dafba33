const HALF_WINDOW_MS = 30_000;
/** Senders are remembered while they send; beyond this many the one heard of least recently is forgotten. */
const MAX_SENDERS = 10_000;

interface Sender {
  since: number;
  current: number;
  previous: number;
}

/**
 * How much longer a message was under way than the fastest one of the last minute (30 to 60 s) from the same process.
 * Both times are from monotonic clocks with unrelated zeros: their difference says nothing, but its growth over the
 * smallest difference seen is delay. So clocks need not agree, and may step.
 */
export class DelayTracker {
  readonly #senders = new Map<string, Sender>();

  /** Milliseconds of extra delay of a message that `sender` sent at `sentAt`, by its clock, and that came `now`. */
  extraDelay(sender: string, sentAt: number, now: number = performance.now()): number {
    const difference = now - sentAt;
    const known = this.#senders.get(sender) ?? { since: now, current: difference, previous: difference };
    if (now - known.since > HALF_WINDOW_MS) {
      known.previous = now - known.since > 2 * HALF_WINDOW_MS ? difference : known.current;
      known.current = difference;
      known.since = now;
    }
    known.current = Math.min(known.current, difference);
    // Moved to the end, so that the map's first entry is the one heard of least recently.
    this.#senders.delete(sender);
    this.#senders.set(sender, known);
    if (this.#senders.size > MAX_SENDERS) this.#senders.delete(this.#senders.keys().next().value as string);
    return Math.max(0, difference - Math.min(known.current, known.previous));
  }
}
