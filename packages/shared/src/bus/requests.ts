import type { Msg } from '@nats-io/transport-node';
import { CodecError, decodeMessage } from '../codec/index.ts';
import { DeadlineWheel, type Expiring } from './deadline-wheel.ts';
import { BusError, type BusFault } from './errors.ts';
import { answerItem, noPayload, requestItem, WHOLE_MESSAGE } from './items.ts';
import type { Link } from './link.ts';
import { type Batch, Outbox, type Outgoing, type Sent } from './outbox.ts';
import type { Incoming } from './responder.ts';

/** NATS's status for "no responders": an empty message with this code, on the message's reply subject. */
const NO_RESPONDERS = 503;
/** The id of a request whose answer goes to another process; those of our own begin at 1. */
const NOT_OURS = 0;

export interface RequestOptions {
  /** Milliseconds the other side may take: travels with the request. */
  timeoutMs: number;
  /** Milliseconds more that are waited here, for an answer that was under way at the deadline. */
  graceMs?: number;
  /** At most so many items of this subject to a NATS message. */
  maxItems?: number;
  /** Aborted when the answer is no longer wanted: whoever has the request is told, and may stop working on it. */
  signal?: AbortSignal | undefined;
}

/** Requests that have no answer yet, and the one subscription that all answers of this process come in by. */
export class Requests {
  readonly #link: Link;
  readonly #inbox: string;
  readonly #outbox: Outbox;
  readonly #pending = new Map<number, Pending>();
  readonly #batches = new Map<number, OpenBatch>();
  readonly #wheel = new DeadlineWheel<Pending>();
  readonly #onNotice: (batch: number) => void;
  readonly #onAbandoned: (request: string) => void;
  #ids = 0;
  #closed = false;

  /**
   * `onNotice` is told of "no responders" for messages that are not requests' (batch numbers below 0), `onAbandoned` of
   * requests whose answer is no longer wanted.
   */
  constructor(
    link: Link,
    sender: string,
    inbox: string,
    onNotice: (batch: number) => void,
    onAbandoned: (request: string) => void,
  ) {
    this.#link = link;
    this.#inbox = inbox;
    this.#onNotice = onNotice;
    this.#onAbandoned = onAbandoned;
    this.#outbox = new Outbox(link, 'request', sender, (batch) => `${inbox}.${batch}`);
    link.nc.subscribe(`${inbox}.*`, { callback: (_error, message) => this.#receive(message) });
  }

  get size(): number {
    return this.#pending.size;
  }

  get left(): Readonly<Sent> {
    return this.#outbox.left;
  }

  /** @throws {BusError} */
  request(subject: string, payload: Uint8Array, options: RequestOptions): Promise<Uint8Array> {
    if (this.#closed) return Promise.reject(new BusError('closed', 'this process is stopping'));
    return new Promise((resolve, reject) => {
      const id = ++this.#ids;
      const deadlineAt = performance.now() + options.timeoutMs;
      const pending = new Pending(this, subject, id, resolve, reject, () =>
        requestItem.encode({
          id,
          replyTo: `${this.#inbox}.a`,
          remainingMs: Math.max(0, Math.round(deadlineAt - performance.now())),
          payload,
        }),
      );
      this.#pending.set(id, pending);
      this.#wheel.add(pending, options.timeoutMs + (options.graceMs ?? 0));
      this.#outbox.push(subject, pending, options.maxItems);
      if (options.signal) pending.abandonOn(options.signal);
    });
  }

  /** Called by {@link Pending}: tells those who may have it. It may be lost; their work then ends at the deadline. */
  abandoned({ id }: Pending): void {
    this.#onAbandoned(requestName(`${this.#inbox}.a`, id));
  }

  /**
   * Passes a request on that this process had taken and has not begun: whoever takes it answers its asker. Resolves when
   * the server has given it to somebody.
   *
   * @throws {BusError} nobody has it.
   */
  forward(subject: string, { id, replyTo, deadline, payload }: Incoming): Promise<void> {
    return new Promise((resolve, reject) => {
      const remainingMs = () => Math.round(deadline.remaining());
      const pending = new Pending(
        this,
        subject,
        NOT_OURS,
        () => resolve(),
        reject,
        () => requestItem.encode({ id, replyTo, remainingMs: remainingMs(), payload }),
      );
      this.#outbox.push(subject, pending, 1);
      // After the outbox has left. What the server says of the message it says before it answers the flush.
      setImmediate(() => {
        this.#link.nc.flush().then(
          () => pending.succeed(noPayload),
          // It may have left before the connection broke: then somebody has it.
          () => (pending.batch === undefined ? pending.disconnected() : pending.succeed(noPayload)),
        );
      });
    });
  }

  /** Called by {@link Pending} when it is over, whichever way. */
  settled(pending: Pending): void {
    this.#pending.delete(pending.id);
    this.#wheel.remove(pending);
    const batch = pending.batch === undefined ? undefined : this.#batches.get(pending.batch);
    if (batch && --batch.open === 0) this.#batches.delete(batch.number);
  }

  /** Remembers the batch while any of its items is open: what comes to its reply subject concerns them. */
  sent(batch: Batch): void {
    const open = this.#batches.get(batch.number);
    if (open) open.open += 1;
    else this.#batches.set(batch.number, { number: batch.number, items: batch.items as Pending[], open: 1 });
  }

  close(): void {
    this.#closed = true;
    for (const pending of this.#pending.values()) pending.fail('closed', 'this process is stopping');
  }

  /** Must not throw: the NATS client would stop reading. */
  #receive(message: Msg): void {
    const tail = message.subject.slice(this.#inbox.length + 1);
    const batch = tail === 'a' ? undefined : Number(tail);
    if (message.data.length === 0 && message.headers?.code === NO_RESPONDERS) {
      if (batch !== undefined && batch < 0) this.#onNotice(batch);
      else this.#failBatch(batch, 'no-responders', 'nobody serves this subject');
      return;
    }
    try {
      for (const item of decodeMessage(message.data).items) this.#answer(item, batch);
    } catch (error) {
      if (!(error instanceof CodecError)) throw error;
      this.#failBatch(batch, 'malformed', 'the answer cannot be read');
    }
  }

  #answer(item: Uint8Array | CodecError, batch: number | undefined): void {
    const answer = item instanceof CodecError ? item : readAnswer(item);
    // An answer that cannot be read has no id: its request ends at its deadline, its neighbours are answered.
    if (answer instanceof CodecError) return;
    const { id, fault, payload } = answer;
    if (id === WHOLE_MESSAGE) return this.#failBatch(batch, 'malformed', 'the other side cannot read the message');
    const pending = id > 0 ? this.#pending.get(id) : this.#batches.get(batch ?? -1)?.items[-1 - id];
    if (fault === '') pending?.succeed(payload);
    else pending?.fail(fault, 'the other side says so');
  }

  #failBatch(batch: number | undefined, fault: BusFault, message: string): void {
    for (const item of this.#batches.get(batch ?? -1)?.items ?? []) item.fail(fault, message);
  }
}

/** Names a request among those of all processes. */
export function requestName(replyTo: string, id: number): string {
  return `${replyTo} ${id}`;
}

function readAnswer(item: Uint8Array): ReturnType<typeof answerItem.decode> | CodecError {
  try {
    return answerItem.decode(item);
  } catch (error) {
    if (error instanceof CodecError) return error;
    throw error;
  }
}

interface OpenBatch {
  number: number;
  items: Pending[];
  open: number;
}

/** One request: settled once, by an answer, a fault or its deadline; what comes later is ignored. */
class Pending implements Outgoing, Expiring {
  readonly id: number;
  readonly encode: () => Uint8Array;
  batch: number | undefined;
  readonly #requests: Requests;
  readonly #subject: string;
  readonly #resolve: (payload: Uint8Array) => void;
  readonly #reject: (error: BusError) => void;
  #open = true;
  #signal: AbortSignal | undefined;

  constructor(
    requests: Requests,
    subject: string,
    id: number,
    resolve: (payload: Uint8Array) => void,
    reject: (error: BusError) => void,
    encode: () => Uint8Array,
  ) {
    this.#requests = requests;
    this.#subject = subject;
    this.id = id;
    this.#resolve = resolve;
    this.#reject = reject;
    this.encode = encode;
  }

  abandonOn(signal: AbortSignal): void {
    if (signal.aborted) return this.#abandon();
    this.#signal = signal;
    signal.addEventListener('abort', this.#abandon, { once: true });
  }

  readonly #abandon = (): void => {
    if (!this.#open) return;
    if (this.batch === undefined) return this.fail('closed', 'given up before it was sent');
    this.#requests.abandoned(this);
    this.fail('abandoned', 'the answer is no longer wanted');
  };

  get wanted(): boolean {
    return this.#open;
  }

  sent(batch: Batch): void {
    if (!this.#open) return;
    this.batch = batch.number;
    this.#requests.sent(batch);
  }

  succeed(payload: Uint8Array): void {
    if (this.#settle()) this.#resolve(payload);
  }

  fail(fault: BusFault, message: string): void {
    if (this.#settle()) this.#reject(new BusError(fault, `${this.#subject}: ${message}`));
  }

  disconnected(): void {
    this.fail('disconnected', 'the bus is away');
  }

  tooLarge(limit: number): void {
    this.fail('too-large', `larger than the ${limit} bytes that the bus carries`);
  }

  expire(): void {
    this.fail('deadline-exceeded', 'no answer in time');
  }

  #settle(): boolean {
    if (!this.#open) return false;
    this.#open = false;
    this.#signal?.removeEventListener('abort', this.#abandon);
    this.#requests.settled(this);
    return true;
  }
}
