import type { NatsConnection } from '@nats-io/transport-node';
import { CodecError, decodeMessage, encodeMessage } from '../codec/index.ts';
import { createIdSource } from '../ids.ts';
import { type Subjects, subjects } from '../subjects.ts';
import { Answers } from './answers.ts';
import type { Deadline } from './deadline.ts';
import { DelayTracker } from './delay-tracker.ts';
import { openLink } from './link.ts';
import type { Sent } from './outbox.ts';
import { type RequestOptions, Requests } from './requests.ts';
import { type Handler, type Incoming, type OnFault, Responder } from './responder.ts';

export interface BusOptions {
  /** NATS servers, comma-separated. */
  url: string;
  namespace: string;
  /** The process's service, part of its inbox's name: each service has its own NATS permissions. */
  service: string;
  /** What handlers throw, and what cannot be read. */
  onFault: OnFault;
  onConnectionChange?(connected: boolean): void;
}

/** Room for a message's header and an item's own members, whatever their lengths are. */
const FRAMES = 1_024;

/** How a process's place on the bus stands. */
export interface BusStats {
  connected: boolean;
  /** Messages sent, and the items in them. */
  sent: Record<'request' | 'answer' | 'notice', Readonly<Sent>>;
  /** Requests without an answer yet. */
  pending: number;
  /** Answers that wait for the bus, or for the asking process, to be back. */
  held: number;
}

/** One process's place on the bus. */
export interface Bus {
  readonly subjects: Subjects;
  /** Names this process. */
  readonly process: string;
  readonly connected: boolean;
  /** Requests of this process that have no answer yet. */
  readonly pending: number;
  /** Counts since the process began, and how many wait now; for metrics. */
  stats(): BusStats;
  /** Bytes that a payload may have at most (NATS's `max_payload`, less what frames need). */
  readonly maxPayload: number;
  /** For what NATS offers beyond requests and notices (JetStream); not for publishing items. */
  readonly nats: NatsConnection;
  /**
   * Sends a request to one of those who serve the subject. Never sent twice.
   *
   * @throws {BusError} as the promise's rejection.
   */
  request(subject: string, payload: Uint8Array, options: RequestOptions): Promise<Uint8Array>;
  /** Serves a subject, sharing its requests with the others in the queue group. */
  serve(subject: string, queue: string, handler: Handler): Responder;
  /** Answers a request that another process had taken and can no longer answer. The first answer counts. */
  answer(replyTo: string, id: number, deadline: Deadline, payload: Uint8Array): void;
  /**
   * Passes a request on that this process has taken and not begun; whoever takes it answers its asker.
   *
   * @throws {BusError} as the promise's rejection: nobody has it.
   */
  forward(subject: string, request: Incoming): Promise<void>;
  /** Tells all who listen. Nobody answers; lost while the bus is away. */
  announce(subject: string, payload: Uint8Array): void;
  /** Listens to announcements. What the listener throws goes to `onFault`. */
  listen(subject: string, listener: (payload: Uint8Array) => void): void;
  onReconnect(listener: () => void): void;
  /** Lets what is ready leave, fails what is pending, and disconnects. Leave served subjects first. */
  close(): Promise<void>;
}

/** Joins the bus. Waits for a NATS server that is not up yet. */
export async function joinBus(options: BusOptions): Promise<Bus> {
  const { process } = createIdSource();
  const names = subjects(options.namespace);
  const inbox = names.inbox(options.service, process);
  const link = await openLink({
    url: options.url,
    name: `${options.namespace}-${options.service}-${process}`,
    inboxPrefix: `${inbox}.client`,
    ...(options.onConnectionChange ? { onChange: options.onConnectionChange } : {}),
  });
  const answers = new Answers(link, process, inbox);
  let notices = 0;
  const announce = (subject: string, payload: Uint8Array) => {
    if (!link.connected) return;
    notices += 1;
    const sent = { sender: process, sentAt: performance.now() };
    link.nc.publish(subject, encodeMessage('notice', sent, [payload]));
  };
  const requests = new Requests(
    link,
    process,
    inbox,
    (batch) => answers.notTaken(batch),
    (request) => announce(names.abandoned, Buffer.from(request)),
  );
  const delays = new DelayTracker();
  return {
    subjects: names,
    process,
    nats: link.nc,
    get maxPayload() {
      return (link.nc.info?.max_payload ?? 1_048_576) - FRAMES;
    },
    get connected() {
      return link.connected;
    },
    get pending() {
      return requests.size;
    },
    stats: () => ({
      connected: link.connected,
      sent: { request: requests.left, answer: answers.left, notice: { batches: notices, items: notices } },
      pending: requests.size,
      held: answers.held,
    }),
    request: (subject, payload, how) => requests.request(subject, payload, how),
    serve: (subject, queue, handler) => new Responder(link, answers, delays, options.onFault, subject, queue, handler),
    forward: (subject, request) => requests.forward(subject, request),
    answer: (replyTo, id, deadline, payload) => answers.send(replyTo, id, deadline, '', payload),
    announce,
    listen(subject, listener) {
      link.nc.subscribe(subject, {
        callback: (_error, { data }) => {
          try {
            for (const item of decodeMessage(data).items) {
              if (item instanceof CodecError) throw item;
              listener(item);
            }
          } catch (error) {
            options.onFault(error, subject);
          }
        },
      });
    },
    onReconnect: (listener) => link.onReconnect(listener),
    async close() {
      requests.close();
      // One turn, so that answers given in this one leave before the connection does.
      await new Promise((resolve) => setImmediate(resolve));
      answers.close();
      if (link.connected) await link.nc.flush().catch(() => {});
      await link.close();
    },
  };
}
