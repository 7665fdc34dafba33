import type { Msg, Subscription } from '@nats-io/transport-node';
import { CodecError, decodeMessage } from '../codec/index.ts';
import type { Answers } from './answers.ts';
import { type Deadline, deadlineIn } from './deadline.ts';
import type { DelayTracker } from './delay-tracker.ts';
import type { BusFault } from './errors.ts';
import { noPayload, requestItem, WHOLE_MESSAGE } from './items.ts';
import type { Link } from './link.ts';

/** A request as its handler sees it. */
export interface Incoming {
  payload: Uint8Array;
  deadline: Deadline;
  /** Where the answer goes, for a record of it; the handler itself answers by returning. */
  replyTo: string;
  id: number;
}

/**
 * Answers one request; undefined: another process will, to which the request was passed on or its execution handed over.
 * What it throws is answered as `failed`, a CodecError as `malformed`.
 */
export type Handler = (request: Incoming) => Promise<Uint8Array | undefined> | Uint8Array;

/** How a handler's fault reaches the log. */
export type OnFault = (error: unknown, subject: string) => void;

/** A served subject. */
export class Responder {
  readonly #subject: string;
  readonly #handler: Handler;
  readonly #answers: Answers;
  readonly #delays: DelayTracker;
  readonly #onFault: OnFault;
  readonly #link: Link;
  readonly #queue: string;
  #subscription: Subscription;
  #paused = false;
  readonly #drains = new Set<Promise<void>>();
  #left = false;
  readonly #active = new Set<Promise<void>>();

  constructor(
    link: Link,
    answers: Answers,
    delays: DelayTracker,
    onFault: OnFault,
    subject: string,
    queue: string,
    handler: Handler,
  ) {
    this.#link = link;
    this.#answers = answers;
    this.#delays = delays;
    this.#onFault = onFault;
    this.#subject = subject;
    this.#handler = handler;
    this.#queue = queue;
    this.#subscription = this.#subscribe();
  }

  /** What is on its way to the subscription still comes. */
  #drain(): void {
    const drained = this.#subscription.drain().catch(() => {});
    this.#drains.add(drained);
    void drained.finally(() => this.#drains.delete(drained));
  }

  #subscribe(): Subscription {
    const callback = (_error: Error | null, message: Msg) => this.#receive(message);
    return this.#link.nc.subscribe(this.#subject, { queue: this.#queue, callback });
  }

  /** Requests that are being handled. */
  get active(): number {
    return this.#active.size;
  }

  /** Takes no requests for a while; those under way are answered. No effect once it has left. */
  pause(): void {
    if (this.#left || this.#paused) return;
    this.#paused = true;
    this.#drain();
  }

  resume(): void {
    if (this.#left || !this.#paused) return;
    this.#paused = false;
    this.#subscription = this.#subscribe();
  }

  /** Takes no more requests, and returns when those it has taken are answered. */
  async leave(): Promise<void> {
    this.#left = true;
    if (!this.#paused) this.#drain();
    await Promise.all(this.#drains);
    while (this.#active.size > 0) await Promise.all(this.#active);
  }

  /** Must not throw: the NATS client would stop reading. */
  #receive(message: Msg): void {
    const arrived = performance.now();
    try {
      const { header, items } = decodeMessage(message.data);
      const late = this.#delays.extraDelay(header.sender, header.sentAt, arrived);
      for (const [place, item] of items.entries()) this.#begin(message, item, place, arrived - late);
    } catch (error) {
      this.#refuse(message, WHOLE_MESSAGE, error);
    }
  }

  #begin(message: Msg, item: Uint8Array | CodecError, place: number, sentAt: number): void {
    try {
      if (item instanceof CodecError) throw item;
      const { id, replyTo, remainingMs, payload } = requestItem.decode(item);
      const deadline = deadlineIn(remainingMs, sentAt);
      if (deadline.remaining() === 0)
        return this.#answers.send(replyTo, id, deadlineIn(1_000), 'deadline-exceeded', noPayload);
      const work = this.#handle({ payload, deadline, replyTo, id });
      this.#active.add(work);
      void work.finally(() => this.#active.delete(work));
    } catch (error) {
      this.#refuse(message, -1 - place, error);
    }
  }

  async #handle(request: Incoming): Promise<void> {
    const { replyTo, id, deadline } = request;
    try {
      const answer = await this.#handler(request);
      if (answer) this.#answers.send(replyTo, id, deadline, '', answer);
    } catch (error) {
      this.#onFault(error, this.#subject);
      const fault: BusFault = error instanceof CodecError ? 'malformed' : 'failed';
      this.#answers.send(replyTo, id, deadline, fault, noPayload);
    }
  }

  /** Answers what cannot be read on the message's own reply subject, where the sender knows its items by place. */
  #refuse(message: Msg, id: number, error: unknown): void {
    this.#onFault(error, this.#subject);
    if (message.reply && this.#link.connected) {
      this.#answers.send(message.reply, id, deadlineIn(1_000), 'malformed', noPayload);
    }
  }
}
