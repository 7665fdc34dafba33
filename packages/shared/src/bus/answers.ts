import { LRUCache } from 'lru-cache';
import type { Deadline } from './deadline.ts';
import type { BusFault } from './errors.ts';
import { answerItem, noPayload } from './items.ts';
import type { Link } from './link.ts';
import { type Batch, Outbox, type Outgoing, type Sent } from './outbox.ts';
import { SentLately } from './sent-lately.ts';

/** After a reconnect the asking process may be back later than we: for so long an answer nobody took is sent again. */
const RESEND_MS = 5_000;
/** Pause before that; it doubles with each time, up to the longest. */
const FIRST_RESEND_MS = 100;
const LONGEST_RESEND_MS = 1_000;
/** Of answers that are kept for that; beyond it the oldest are taken to have arrived. */
const MAX_UNCONFIRMED_BYTES = 16 * 1024 * 1024;

/**
 * Answers on their way out: batched by inbox, independently of the requests they answer. While the bus is away they
 * wait for it, until their deadline; what went into a connection that was dead and not yet known to be is sent again
 * after the reconnect. An asker ignores what it has had already.
 */
export class Answers {
  readonly #link: Link;
  readonly #outbox: Outbox;
  /** Waiting for the bus, or for the asking process, to be back. */
  #held: Answer[] = [];
  /** Sent lately after a reconnect, by batch: not known to have been taken. */
  readonly #unconfirmed = new LRUCache<number, Outgoing[]>({
    maxSize: MAX_UNCONFIRMED_BYTES,
    sizeCalculation: (items) => items.reduce((sum, item) => sum + (item as Answer).size, 1),
  });
  readonly #lately = new SentLately<Answer>();
  #timer: NodeJS.Timeout | undefined;
  #pauseMs = FIRST_RESEND_MS;

  constructor(link: Link, sender: string, inbox: string) {
    this.#link = link;
    // Negative numbers tell these messages from requests on the shared inbox.
    this.#outbox = new Outbox(link, 'answer', sender, (batch) => (this.#resends() ? `${inbox}.${-batch}` : undefined));
    link.onReconnect(() => {
      this.#pauseMs = FIRST_RESEND_MS;
      this.#held = this.#lately.take().concat(this.#held);
      this.#retry();
      setTimeout(() => this.#unconfirmed.clear(), RESEND_MS * 2).unref();
    });
  }

  get left(): Readonly<Sent> {
    return this.#outbox.left;
  }

  /** Answers that wait for the bus, or for the asking process, to be back. */
  get held(): number {
    return this.#held.length;
  }

  send(replyTo: string, id: number, deadline: Deadline, fault: BusFault | '', payload: Uint8Array): void {
    this.#outbox.push(replyTo, new Answer(this, replyTo, id, deadline, fault, payload));
  }

  /** Nobody listened on the inbox that this batch was for. */
  notTaken(batch: number): void {
    for (const item of this.#unconfirmed.get(-batch) ?? []) this.hold(item as Answer);
    this.#unconfirmed.delete(-batch);
    if (this.#timer) return;
    this.#timer = setTimeout(() => this.#retry(), this.#pauseMs);
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_RESEND_MS);
  }

  hold(answer: Answer): void {
    if (answer.deadline.remaining() > 0) this.#held.push(answer);
  }

  sent(answer: Answer, { number, items }: Batch): void {
    this.#lately.add(answer);
    // Told of each item of the batch; the first stands for all.
    if (items[0] === answer && this.#resends()) this.#unconfirmed.set(number, items);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#held = [];
    this.#lately.take();
  }

  #resends(): boolean {
    return performance.now() - this.#link.reconnectedAt < RESEND_MS;
  }

  #retry(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const held = this.#held;
    this.#held = [];
    for (const answer of held) {
      if (answer.deadline.remaining() > 0) this.#outbox.push(answer.replyTo, answer);
    }
  }
}

class Answer implements Outgoing {
  readonly replyTo: string;
  readonly deadline: Deadline;
  readonly #answers: Answers;
  readonly #id: number;
  #fault: BusFault | '';
  #payload: Uint8Array;

  constructor(
    answers: Answers,
    replyTo: string,
    id: number,
    deadline: Deadline,
    fault: BusFault | '',
    payload: Uint8Array,
  ) {
    this.#answers = answers;
    this.replyTo = replyTo;
    this.#id = id;
    this.deadline = deadline;
    this.#fault = fault;
    this.#payload = payload;
  }

  get size(): number {
    return this.#payload.length;
  }

  encode(): Uint8Array {
    return answerItem.encode({ id: this.#id, fault: this.#fault, payload: this.#payload });
  }

  sent(batch: Batch): void {
    this.#answers.sent(this, batch);
  }

  disconnected(): void {
    this.#answers.hold(this);
  }

  /** The asker is told, instead of waiting for an answer that cannot come. */
  tooLarge(): void {
    this.#answers.send(this.replyTo, this.#id, this.deadline, 'response-too-large', noPayload);
  }
}
