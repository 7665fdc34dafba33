/** Failures in a row after which calls are no longer attempted. */
const FAILURES = 5;
/** Pause between two probes, and how long one may take (ms): service is back within both after the server is. */
const PROBE_EVERY_MS = 250;
const PROBE_WITHIN_MS = 1_000;

export interface BreakerOptions {
  /** Asks the server for a sign of life; rejects when there is none. */
  probe(timeoutMs: number): Promise<unknown>;
  onChange(open: boolean): void;
}

/**
 * Fails fast while Conductor is away: *open* after failures in a row, or when a probe of a server that has gone silent
 * fails; closed again by the first probe that is answered. Only what shows that the server is away counts as a failure:
 * an error of one workflow must not stop the others.
 */
export class Breaker {
  readonly #options: BreakerOptions;
  #open = false;
  #failures = 0;
  #probing = false;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: BreakerOptions) {
    this.#options = options;
  }

  get open(): boolean {
    return this.#open;
  }

  /** The server has answered a call, with whatever. */
  answered(): void {
    this.#failures = 0;
  }

  failed(): void {
    this.#failures += 1;
    if (this.#failures >= FAILURES) this.#set(true);
  }

  /** Calls have been without an answer for long: finds out whether the server is there. */
  suspect(): void {
    if (!this.#open) void this.#probe();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #probe(): Promise<void> {
    if (this.#probing || this.#closed) return;
    this.#probing = true;
    const alive = await this.#options.probe(PROBE_WITHIN_MS).then(
      () => true,
      () => false,
    );
    this.#probing = false;
    if (alive) this.#failures = 0;
    this.#set(!alive);
  }

  #next(): void {
    this.#timer = undefined;
    void this.#probe();
  }

  #set(open: boolean): void {
    if (this.#closed) return;
    if (open) this.#timer ??= setTimeout(() => this.#next(), PROBE_EVERY_MS);
    if (open === this.#open) return;
    this.#open = open;
    this.#options.onChange(open);
  }
}
