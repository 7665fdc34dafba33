import { emptyMessageSize, encodeMessage, FRAME_OVERHEAD, type Kind } from '../codec/frame.ts';
import type { Link } from './link.ts';

/** An item on its way out. */
export interface Outgoing {
  /** False: nobody wants it any more, so it is not sent. Absent: true. */
  readonly wanted?: boolean;
  /** Encoded when its message leaves, so that what it says of the time is true then. */
  encode(): Uint8Array;
  /** It is part of the message with this number. */
  sent(batch: Batch): void;
  /** The bus is away: nothing was sent. */
  disconnected(): void;
  /** It does not fit into a message of `limit` bytes: nothing was sent. */
  tooLarge(limit: number): void;
}

/** The items of one message, in their order. */
export interface Batch {
  number: number;
  items: Outgoing[];
}

/** What has been sent: NATS messages, and the items in them. */
export interface Sent {
  batches: number;
  items: number;
}

/** NATS's protocol line and our frames travel inside `max_payload`; this much is left unused. */
const MARGIN = 64;

/**
 * Gathers what is sent in one turn of the event loop and lets what has the same subject leave as one NATS message. A
 * lone item is a message of its own and waits for nobody.
 */
export class Outbox {
  readonly #link: Link;
  readonly #kind: Kind;
  readonly #sender: string;
  /** The message's own reply subject, for "no responders"; undefined sends without one. */
  readonly #replyTo: (batch: number) => string | undefined;
  /** Since the process began. */
  readonly left: Sent = { batches: 0, items: 0 };
  #waiting = new Map<string, { items: Outgoing[]; maxItems: number }>();
  #scheduled = false;

  constructor(link: Link, kind: Kind, sender: string, replyTo: (batch: number) => string | undefined) {
    this.#link = link;
    this.#kind = kind;
    this.#sender = sender;
    this.#replyTo = replyTo;
  }

  /** Leaves at the end of this turn of the event loop, at most `maxItems` of its subject to a message. */
  push(subject: string, item: Outgoing, maxItems = Number.POSITIVE_INFINITY): void {
    const lane = this.#waiting.get(subject);
    if (lane) lane.items.push(item);
    else this.#waiting.set(subject, { items: [item], maxItems });
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.flush());
  }

  flush(): void {
    this.#scheduled = false;
    const lanes = this.#waiting;
    this.#waiting = new Map();
    for (const [subject, { items, maxItems }] of lanes) {
      if (this.#link.connected) this.#send(subject, items, maxItems);
      else for (const item of items) item.disconnected();
    }
  }

  #send(subject: string, items: Outgoing[], maxItems: number): void {
    const limit = (this.#link.nc.info?.max_payload ?? 1_048_576) - MARGIN;
    const empty = emptyMessageSize(this.#sender);
    let frames: Uint8Array[] = [];
    let members: Outgoing[] = [];
    let size = empty;
    const leave = () => {
      if (frames.length > 0) this.#publish(subject, frames, members);
      frames = [];
      members = [];
      size = empty;
    };
    for (const item of items) {
      if (item.wanted === false) continue;
      const frame = item.encode();
      const needs = FRAME_OVERHEAD + frame.length;
      if (empty + needs > limit) {
        item.tooLarge(limit);
        continue;
      }
      if (size + needs > limit || frames.length >= maxItems) leave();
      frames.push(frame);
      members.push(item);
      size += needs;
    }
    leave();
  }

  #publish(subject: string, frames: Uint8Array[], items: Outgoing[]): void {
    const number = ++this.left.batches;
    this.left.items += items.length;
    const message = encodeMessage(this.#kind, { sender: this.#sender, sentAt: performance.now() }, frames);
    const reply = this.#replyTo(number);
    this.#link.nc.publish(subject, message, reply === undefined ? {} : { reply });
    const batch = { number, items };
    for (const item of items) item.sent(batch);
  }
}
