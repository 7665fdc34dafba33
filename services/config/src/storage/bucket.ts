import {
  type JetStreamClient,
  type JetStreamManager,
  JetStreamApiError,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream';
import { type KV, type KvEntry, Kvm } from '@nats-io/kv';
import { headers, type NatsConnection, TimeoutError } from '@nats-io/transport-node';
import { Conflict, StorageFault } from './store.ts';

const wrongLastSequence = 10071;
const nameInUse = 10058;
const timeoutMs = 5_000;
/** A JetStream that has just started drops what it is asked: reads are asked again after so long. */
const askAgainMs = 500;
/** Who made an entry, percent-encoded. */
const authorHeader = 'Rostrum-Author';
/** The entry's `effective`, see records.ts; not in the value, which older releases hand on as they have read it. */
export const effectiveHeader = 'Rostrum-Effective';

export interface BucketOptions {
  name: string;
  /** How many values of a key are kept, the last one included. */
  history: number;
  replicas: number;
}

/** What a write expects: the bucket's last sequence, or its key's (0: that there is no such key); and who makes it. */
export interface PutOptions {
  lastSequence?: number;
  lastSubjectSequence?: number;
  /** Kept with the entry, deletions included. */
  by?: string;
  /** See records.ts. */
  effective?: number;
  /** Takes the key's earlier values out of the history. */
  alone?: boolean;
}

/** What stands under a key; no value when it was deleted. */
export interface Stored {
  value: Uint8Array | undefined;
  sequence: number;
}

/** What stood under a key for a while. */
export interface Kept extends Stored {
  /** When it was stored, by NATS's clock (ms since 1970). */
  time: number;
  /** Who stored it, where that was said. */
  by: string | undefined;
}

/** A JetStream KV bucket. Reads go to the stream's leader, so that what was written is seen. */
export class Bucket {
  readonly name: string;
  readonly js: JetStreamClient;
  readonly #nats: NatsConnection;
  readonly #options: BucketOptions;
  #opened: { kv: KV; jsm: JetStreamManager } | undefined;

  constructor(nats: NatsConnection, options: BucketOptions) {
    this.name = options.name;
    this.js = jetstream(nats, { timeout: timeoutMs });
    this.#nats = nats;
    this.#options = options;
  }

  /** Makes the bucket if it is missing. Two that do so at once both succeed; an existing one keeps its settings. */
  async ensure(): Promise<void> {
    const { history, replicas } = this.#options;
    const settings = { history, replicas, allow_direct: false, timeout: timeoutMs };
    const create = () => new Kvm(jetstream(this.#nats, { timeout: askAgainMs })).create(this.name, settings);
    const opened = Promise.all([
      jetstreamManager(this.#nats, { timeout: timeoutMs }),
      create().catch((error: unknown) => (codeOf(error) === nameInUse ? create() : Promise.reject(error))),
    ]);
    const [jsm, kv] = await this.#told('cannot be opened', opened);
    this.#opened = { kv, jsm };
  }

  get #open(): { kv: KV; jsm: JetStreamManager } {
    if (!this.#opened) throw new Error(`the bucket ${this.name} is not open yet`);
    return this.#opened;
  }

  get stream(): string {
    return `KV_${this.name}`;
  }

  subject(key: string): string {
    return `$KV.${this.name}.${key}`;
  }

  async get(key: string): Promise<Stored | undefined> {
    const entry = await this.#told(`${key} cannot be read`, this.#read(key));
    if (entry === null) return undefined;
    const value = entry.operation === 'PUT' ? entry.value : undefined;
    return { value, sequence: entry.revision };
  }

  async #read(key: string): Promise<KvEntry | null> {
    for (const deadline = performance.now() + timeoutMs; ; ) {
      try {
        return await this.#open.kv.get(key);
      } catch (error) {
        if (!isTimeout(error) || performance.now() > deadline) throw error;
      }
    }
  }

  /** Stores a value, or deletes it when it is undefined; returns the sequence. @throws {Conflict} */
  async put(
    key: string,
    value: Uint8Array | undefined,
    { by, effective, alone, ...expect }: PutOptions = {},
  ): Promise<number> {
    const marks = headers();
    if (alone) marks.set('Nats-Rollup', 'sub');
    if (by !== undefined) marks.set(authorHeader, encodeURIComponent(by));
    if (effective !== undefined) marks.set(effectiveHeader, String(effective));
    // What makes a message a deletion for every KV client.
    if (value === undefined) marks.set('KV-Operation', 'DEL');
    const published = this.js.publish(this.subject(key), value ?? new Uint8Array(0), { expect, headers: marks });
    return (await this.#told(`${key} cannot be written`, published)).seq;
  }

  async lastSequence(): Promise<number> {
    const info = this.#open.jsm.streams.info(this.stream);
    return (await this.#told('cannot be looked at', info)).state.last_seq;
  }

  /** Keys that fit the pattern (`*` is one token); values that were deleted count too. */
  async keys(pattern: string): Promise<string[]> {
    const asked = this.#open.jsm.streams.info(this.stream, { subjects_filter: this.subject(pattern) });
    const { subjects } = (await this.#told('cannot be listed', asked)).state;
    const prefix = this.subject('').length;
    return Object.keys(subjects ?? {}).map((subject) => subject.slice(prefix));
  }

  /** The values of one key that are kept, deletions included, oldest first. */
  async history(key: string): Promise<Kept[]> {
    const kept: Kept[] = [];
    for (let from = 1; ; ) {
      const next = await this.next(key, from);
      if (!next) return kept;
      kept.push(next);
      from = next.sequence + 1;
    }
  }

  /** The first value at this sequence or after it, of the keys that fit the pattern. */
  async next(pattern: string, from: number): Promise<Kept | undefined> {
    const query = { seq: from, next_by_subj: this.subject(pattern) };
    const found = await this.#told(`${pattern} cannot be read`, this.#open.jsm.streams.getMessage(this.stream, query));
    if (!found) return undefined;
    const by = found.header.get(authorHeader);
    return {
      value: found.header.get('KV-Operation') === '' ? found.data : undefined,
      sequence: found.seq,
      time: found.time.getTime(),
      by: by === '' ? undefined : decodeURIComponent(by),
    };
  }

  /** Whether what was stored at this sequence is still kept. */
  async has(sequence: number): Promise<boolean> {
    const asked = this.#open.jsm.streams.getMessage(this.stream, { seq: sequence });
    return (await this.#told(`${sequence} cannot be read`, asked)) !== null;
  }

  /** Removes all keys that fit the pattern without leaving a marker that they were there. */
  async erase(pattern: string): Promise<void> {
    const purged = this.#open.jsm.streams.purge(this.stream, { filter: this.subject(pattern) });
    await this.#told(`${pattern} cannot be removed`, purged);
  }

  /** Removes one stored message, if it is still there. */
  async eraseSequence(sequence: number): Promise<void> {
    const deleted = this.#open.jsm.streams.deleteMessage(this.stream, sequence, false).catch((error: unknown) => {
      if (!(error instanceof JetStreamApiError)) throw error;
    });
    await this.#told(`${sequence} cannot be removed`, deleted);
  }

  /** NATS's errors in the storage's own terms. */
  async #told<T>(what: string, answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      if (codeOf(error) === wrongLastSequence) throw new Conflict(`${this.name}: ${what}`, { cause: error });
      throw new StorageFault(`${this.name}: ${what}: ${(error as Error).message}`, { cause: error });
    }
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof TimeoutError || (error instanceof Error && error.cause instanceof TimeoutError);
}

function codeOf(error: unknown): number | undefined {
  return error instanceof JetStreamApiError ? error.code : undefined;
}
