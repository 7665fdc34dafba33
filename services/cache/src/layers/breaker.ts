import { StoreError } from '../store.ts';

/** So many calls in a row, each begun after the one before was cut off, open the breaker. */
const CUT_OFFS = 3;
/** While it is open, the server is asked so often whether it is back (ms). */
const PROBE_EVERY_MS = 100;

export interface BreakerOptions {
  /** A call without an answer for so long is cut off (ms). */
  timeoutMs: number;
  /** Asks the server for something; it is back when that does not reject. */
  probe(): Promise<unknown>;
  onCutOff(): void;
  /** The server is left alone from now on, or no longer. */
  onChange(open: boolean): void;
}

/**
 * Cuts off calls to a server that does not answer in time, and leaves it alone after several in a row: calls fail at
 * once, until the server has answered a probe. Many calls that wait at the same time are cut off by the same hiccup and
 * count as one: a server has to be silent for three times the limit before it is left alone.
 */
export class Breaker {
  readonly #options: BreakerOptions;
  #cutOffs = 0;
  #lastCutOffAt = Number.NEGATIVE_INFINITY;
  #open = false;
  #probing: NodeJS.Timeout | undefined;

  constructor(options: BreakerOptions) {
    this.#options = options;
  }

  /**
   * What has been cut off may have been done, or be done later.
   *
   * @throws {StoreError} as the promise's rejection, when cut off or left alone; else what `work` rejects with.
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#open) throw new StoreError('Redis answers too slowly and is left alone');
    const begun = performance.now();
    const late = () => this.#cutOff(begun);
    const result = await withinTime(work(), this.#options.timeoutMs, late);
    this.#cutOffs = 0;
    return result;
  }

  /** Ends the probing. */
  close() {
    this.#open = false;
    clearTimeout(this.#probing);
  }

  #cutOff(begun: number): StoreError {
    this.#options.onCutOff();
    if (begun >= this.#lastCutOffAt) {
      this.#lastCutOffAt = performance.now();
      this.#cutOffs += 1;
    }
    if (this.#cutOffs >= CUT_OFFS && !this.#open) {
      this.#open = true;
      this.#options.onChange(true);
      this.#probe();
    }
    return new StoreError(`Redis did not answer within ${this.#options.timeoutMs} ms`);
  }

  #probe() {
    this.#probing = setTimeout(async () => {
      const { probe, timeoutMs, onChange } = this.#options;
      const back = await withinTime(probe(), timeoutMs, () => new StoreError('silent')).then(
        () => true,
        () => false,
      );
      // It may have been closed meanwhile.
      if (!this.#open) return;
      if (!back) return this.#probe();
      this.#open = false;
      this.#cutOffs = 0;
      onChange(false);
    }, PROBE_EVERY_MS);
  }
}

/**
 * Rejects with what `late` gives when `work` takes too long. What has arrived by then is read first: where this process
 * was too busy to do so in time, that is not the server's fault.
 */
export async function withinTime<T>(work: Promise<T>, timeoutMs: number, late: () => Error): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  let settled = false;
  const timer = setTimeout(() => setImmediate(() => settled || reject(late())), timeoutMs);
  try {
    return await Promise.race([work, promise]);
  } finally {
    settled = true;
    clearTimeout(timer);
  }
}
