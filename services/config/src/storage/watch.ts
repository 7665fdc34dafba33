import { setTimeout as delay } from 'node:timers/promises';
import { DeliverPolicy, type JsMsg } from '@nats-io/jetstream';
import { type Bucket, effectiveHeader } from './bucket.ts';
import { within } from './within.ts';

/** A key's new value; undefined: it was deleted. */
export interface WatchEntry {
  key: string;
  value: Uint8Array | undefined;
  sequence: number;
  /** Where it was stored with one, see records.ts. */
  effective: number | undefined;
}

export interface WatchOptions {
  bucket: Bucket;
  /** Which keys: `>` is all, `head.*` those with one more token. */
  pattern: string;
  /** Prefix of the NATS inboxes this process may use. */
  inbox: string;
  /** Told every entry in order, one after the other. What it rejects with is tried again from that entry on. */
  onEntry(entry: WatchEntry): Promise<void> | void;
  /** The bucket has less than what was seen: it was made anew, and all that was told so far is void. */
  onLost(): void;
  onFault(error: unknown): void;
}

const retryMs = 250;
/** How often it is looked whether the bucket has more than was seen (ms). */
const checkMs = 5_000;
/** A sequence that is known to be stored is told at once, or something is wrong with the watch (ms). */
const lateMs = 1_000;

/**
 * Follows a bucket: the last value of every key, then every change. The NATS client's own watch needs up to a minute
 * to notice that its server has forgotten it, or is gone while the connection to another of the cluster stands; this one
 * is opened anew, where it stopped, with {@link reopen}, and by itself when the bucket is ahead of it for long.
 */
export class Watch {
  readonly #options: WatchOptions;
  /** Set to stop the one that runs. */
  #current = { stopped: true, stop: () => {}, end: () => {} };
  #opened = 0;
  #seen = 0;
  /** What the bucket had at the last check. */
  #expected = 0;
  #waiting: { sequence: number; resolve: () => void }[] = [];
  readonly #loaded = Promise.withResolvers<void>();
  #isLoaded = false;
  /** It was told that it does not work; not said again until it did. */
  #failing = false;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** The last sequence that was told. */
  get seen(): number {
    return this.#seen;
  }

  /** Whether everything that was there when it was first opened has been told. */
  get loaded(): boolean {
    return this.#isLoaded;
  }

  untilLoaded(): Promise<void> {
    return this.#loaded.promise;
  }

  /** Begins, or begins again where it stopped: after a reconnect, and whenever it may have missed something. */
  reopen(): void {
    this.stop();
    const checking = setInterval(() => void this.#check(), checkMs);
    const run = { stopped: false, stop: () => {}, end: () => clearInterval(checking) };
    this.#current = run;
    void this.#run(run);
  }

  stop(): void {
    this.#current.stopped = true;
    this.#current.stop();
    this.#current.end();
  }

  /**
   * Resolves when this sequence, which is stored, or a later one has been told.
   *
   * @throws {StorageFault} saying `what` took too long.
   */
  async until(sequence: number, what: string): Promise<void> {
    const run = this.#current;
    await within(lateMs, what, this.#told(sequence)).catch(() => {
      // Of several who wait for the same one does.
      if (run === this.#current) this.reopen();
      return within(5_000, what, this.#told(sequence));
    });
  }

  #told(sequence: number): Promise<void> {
    if (this.#seen >= sequence) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ sequence, resolve }));
  }

  async #check(): Promise<void> {
    if (!this.#isLoaded) return;
    const missed = this.#seen < this.#expected;
    this.#expected = await this.#options.bucket.lastSequence().catch(() => this.#expected);
    if (missed && this.#seen < this.#expected) this.reopen();
  }

  async #run(run: { stopped: boolean; stop: () => void }): Promise<void> {
    while (!run.stopped) {
      try {
        await this.#follow(run);
      } catch (error) {
        if (!run.stopped && !this.#failing) this.#options.onFault(error);
        this.#failing = true;
      }
      if (!run.stopped) await delay(retryMs);
    }
  }

  async #follow(run: { stopped: boolean; stop: () => void }): Promise<void> {
    const { bucket, pattern, inbox } = this.#options;
    await bucket.ensure();
    const last = await bucket.lastSequence();
    if (last < this.#seen) {
      this.#seen = 0;
      this.#options.onLost();
    }
    const consumer = await bucket.js.consumers.getPushConsumer(bucket.stream, {
      filter_subjects: bucket.subject(pattern),
      deliver_prefix: `${inbox}.watch-${++this.#opened}`,
      ...(this.#seen > 0 ? { opt_start_seq: this.#seen + 1 } : { deliver_policy: DeliverPolicy.LastPerSubject }),
    });
    const messages = await consumer.consume();
    run.stop = () => messages.stop();
    if (run.stopped) return messages.stop();
    this.#failing = false;
    const { num_pending: pending } = await consumer.info(true);
    if (pending === 0) this.#caughtUp(last);
    try {
      for await (const message of messages) {
        if (run.stopped) return;
        await this.#options.onEntry(this.#entryOf(message));
        this.#advance(message.seq);
        // What was last in the bucket may be another key's, or erased: having read all is having seen it too.
        if (message.info.pending === 0) this.#caughtUp(last);
      }
    } finally {
      messages.stop();
    }
  }

  #entryOf(message: JsMsg): WatchEntry {
    const key = message.subject.slice(this.#options.bucket.subject('').length);
    const operation = message.headers?.get('KV-Operation');
    const deleted = operation === 'DEL' || operation === 'PURGE';
    const effective = Number(message.headers?.get(effectiveHeader)) || undefined;
    return { key, value: deleted ? undefined : message.data, sequence: message.seq, effective };
  }

  #caughtUp(last: number): void {
    this.#advance(last);
    this.#isLoaded = true;
    this.#loaded.resolve();
  }

  #advance(sequence: number): void {
    if (sequence <= this.#seen) return;
    this.#seen = sequence;
    const reached = this.#waiting.filter((each) => each.sequence <= sequence);
    this.#waiting = this.#waiting.filter((each) => each.sequence > sequence);
    for (const { resolve } of reached) resolve();
  }
}
