import {
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { encodeJson } from '@rostrum/shared/messages';
import type { AuditEntry } from '../audit/entry.ts';
import { StorageFault } from './store.ts';

const timeoutMs = 5_000;
const notFound = 10059;

export interface AuditStreamOptions {
  nats: NatsConnection;
  namespace: string;
  replicas: number;
  /** How long entries are kept (ms), and how many bytes of them. */
  keepMs: number;
  maxBytes: number;
  connected(): boolean;
}

/** An entry with its place in the stream, and when it got there (ms since 1970, by NATS's clock). */
export interface StoredAudit {
  sequence: number;
  stored: number;
  entry: AuditEntry;
}

/** The audit log in a JetStream stream of its own: the oldest entries go when they are too old or too many. */
export class AuditStream {
  readonly #options: AuditStreamOptions;
  readonly #js: JetStreamClient;
  readonly #name: string;
  readonly #subject: string;
  #manager: Promise<JetStreamManager> | undefined;

  constructor(options: AuditStreamOptions) {
    this.#options = options;
    this.#js = jetstream(options.nats, { timeout: timeoutMs });
    this.#name = `${options.namespace}-audit`;
    this.#subject = `${options.namespace}.audit`;
  }

  /** The same id within two minutes is stored once. @throws when it is not known whether it was stored. */
  async append(entry: AuditEntry, id: string): Promise<void> {
    if (!this.#options.connected()) throw new StorageFault('NATS is away');
    await this.#open();
    await this.#told(this.#js.publish(this.#subject, encodeJson(entry), { msgID: id }));
  }

  /** The sequences of the first and the last entry; first > last: there is none. */
  async bounds(): Promise<{ first: number; last: number }> {
    const jsm = await this.#open();
    const { state } = await this.#told(jsm.streams.info(this.#name));
    return { first: state.first_seq, last: state.last_seq };
  }

  /** Undefined when it is not (or no longer) there. */
  async get(sequence: number): Promise<StoredAudit | undefined> {
    const jsm = await this.#open();
    const found = await this.#told(jsm.streams.getMessage(this.#name, { seq: sequence }));
    if (!found) return undefined;
    const entry = JSON.parse(Buffer.from(found.data).toString()) as AuditEntry;
    return { sequence, stored: found.time.getTime(), entry };
  }

  /** Makes the stream, or gives an existing one today's limits. */
  #open(): Promise<JetStreamManager> {
    this.#manager ??= this.#ensure().catch((error: unknown) => {
      this.#manager = undefined;
      throw error;
    });
    return this.#manager;
  }

  async #ensure(): Promise<JetStreamManager> {
    const jsm = await this.#told(jetstreamManager(this.#options.nats, { timeout: timeoutMs }));
    const { replicas, keepMs, maxBytes } = this.#options;
    const limits = { max_age: keepMs * 1e6, max_bytes: maxBytes };
    const created = {
      name: this.#name,
      subjects: [this.#subject],
      retention: RetentionPolicy.Limits,
      storage: StorageType.File,
      discard: DiscardPolicy.Old,
      num_replicas: replicas,
      ...limits,
    };
    const known = await jsm.streams.info(this.#name).catch((error: unknown) => {
      if (codeOf(error) === notFound) return undefined;
      throw new StorageFault(`the audit log cannot be looked at: ${(error as Error).message}`, { cause: error });
    });
    // Of replicas that start at once several may make it: alike, so that all succeed.
    if (!known) await this.#told(jsm.streams.add(created));
    else if (known.config.max_age !== limits.max_age || known.config.max_bytes !== maxBytes) {
      await this.#told(jsm.streams.update(this.#name, limits));
    }
    return jsm;
  }

  async #told<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      // It was removed by hand: made anew with the next entry.
      if (codeOf(error) === notFound) this.#manager = undefined;
      throw new StorageFault(`the audit log: ${(error as Error).message}`, { cause: error });
    }
  }
}

function codeOf(error: unknown): number | undefined {
  return error instanceof JetStreamApiError ? error.code : undefined;
}
