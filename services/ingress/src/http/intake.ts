import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { Problem } from '@rostrum/shared/problems';
import type { Settings } from '../config.ts';
import type { Answers } from './answers.ts';
import { faultOfHead } from './check-head.ts';
import { Connections } from './connections.ts';
import type { Sessions } from './drain.ts';
import { Exchange, streamOf } from './exchange.ts';
import type { HttpMetrics } from './metrics.ts';
import { unreadable } from './unreadable.ts';

type Handler = (raw: IncomingMessage, response: ServerResponse) => void;

/** What comes in, and what of it is refused before anybody else sees it. */
export class Intake {
  readonly connections: Connections;
  /** The connections of HTTP/2, with what is under way on each. */
  readonly sessions: Sessions = new Map();
  readonly #exchanges = new WeakMap<IncomingMessage, Exchange>();
  readonly #settings: Settings;
  readonly #answers: Answers;
  readonly #metrics: HttpMetrics;

  constructor(settings: Settings, answers: Answers, metrics: HttpMetrics) {
    this.#settings = settings;
    this.#answers = answers;
    this.#metrics = metrics;
    const refused = () => metrics.refused('address');
    this.connections = new Connections({ perAddress: settings.MAX_CONNECTIONS_PER_ADDRESS, onRefused: refused });
  }

  exchangeOf(raw: IncomingMessage): Exchange {
    return this.#exchanges.get(raw) as Exchange;
  }

  /** Passes on to `next` what may be looked at further. */
  take(raw: IncomingMessage, response: ServerResponse, awaitsWord: boolean, next: Handler): void {
    const exchange = this.#begin(raw, response, awaitsWord);
    if (!exchange) return;
    const { MAX_HEADERS, MAX_PIPELINED } = this.#settings;
    const fault = faultOfHead(raw, MAX_HEADERS);
    if (fault) return this.#answers.refuse(exchange, fault);
    if ((exchange.connection?.pending ?? 0) > MAX_PIPELINED) {
      const detail = `At most ${MAX_PIPELINED} requests may be under way on one connection.`;
      return this.#answers.refuse(exchange, new Problem('overloaded', detail, { retryAfter: 1 }));
    }
    next(raw, response);
  }

  /** Puts itself between the server and `next`. */
  listenTo(server: Server, secure: boolean, next: Handler): void {
    const { connections } = this;
    server.on('request', (raw, response) => this.take(raw, response, false, next));
    server.on('checkContinue', (raw: IncomingMessage, response: ServerResponse) =>
      this.take(raw, response, true, next),
    );
    server.on('checkExpectation', (raw: IncomingMessage, response: ServerResponse) => {
      // Whether a body follows depends on what it expects.
      const exchange = this.#begin(raw, response, true);
      const refusal = new Problem('expectation-failed', 'Nothing but 100-continue can be expected.');
      if (exchange) this.#answers.refuse(exchange, refusal);
    });
    server.on('connect', (raw: IncomingMessage, to: unknown) => {
      const refusal = new Problem('method-not-allowed', 'This is no proxy.', { allow: ['GET', 'POST', 'OPTIONS'] });
      if (streamOf(raw)) this.#answers.refuse(new Exchange(raw, to as ServerResponse, undefined, false), refusal);
      else this.#refuseInTurn(to as Socket, refusal);
    });
    server.on('connection', (socket: Socket) => connections.admit(socket));
    server.on('drop', () => this.#metrics.refused('total'));
    server.on(secure ? 'secureConnection' : 'connection', (socket: Socket & { alpnProtocol?: string }) => {
      if (socket.alpnProtocol !== 'h2') connections.add(socket);
    });
    server.on('tlsClientError', () => this.#metrics.refused('tls'));
    server.on('sessionError', () => this.#metrics.sessionFailed());
    server.on('session', (session: ServerHttp2Session) => this.#watch(session));
  }

  /** For what Node cannot even read as a request (RFC 9112, section 9.6). */
  refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
    const connection = this.connections.of(socket);
    // Every further piece of what cannot be read is reported again.
    if (connection?.refused) return;
    if (connection) connection.refused = true;
    if (!connection || !socket.writable || error.code === 'ECONNRESET' || error.code === 'EPIPE') {
      return void socket.destroy();
    }
    const problem = unreadable(error, this.#settings.MAX_HEADER_BYTES);
    const { latest } = connection;
    if (latest && !latest.raw.complete) {
      // It is the body of a request that has been taken. One that has its answer gets no second one.
      if (latest.answeredAt === undefined) return latest.fail(problem);
      return socket.destroySoon();
    }
    this.#refuseInTurn(socket, problem);
  }

  /** With the last answer of a connection, after those that are owed to the requests before it. */
  #refuseInTurn(socket: Socket, problem: Problem): void {
    const connection = this.connections.of(socket);
    // Node has left the socket to us: nobody else hears of its errors.
    socket.on('error', () => {});
    if (!connection) return void socket.destroy();
    if (connection.ending) return;
    connection.ending = true;
    const answer = () => {
      if (socket.writable) this.#answers.refuseBySocket(socket, problem);
    };
    if (connection.pending > 0) connection.latest?.response.once('close', answer);
    else answer();
  }

  /** Undefined where an answer before it has been the last of its connection. */
  #begin(raw: IncomingMessage, response: ServerResponse, awaitsWord: boolean): Exchange | undefined {
    const connection = streamOf(raw) ? undefined : this.connections.of(raw.socket);
    // Those sent ahead of the answers to as many as it may have.
    const most = this.#settings.MAX_REQUESTS_PER_CONNECTION;
    if (connection && most > 0 && connection.requests === most) connection.ending = true;
    if (connection?.ending) return undefined;
    const exchange = connection
      ? connection.begin(raw, response, awaitsWord)
      : new Exchange(raw, response, undefined, awaitsWord);
    this.#exchanges.set(raw, exchange);
    return exchange;
  }

  #watch(session: ServerHttp2Session): void {
    const streams = new Set<ServerHttp2Stream>();
    this.sessions.set(session, streams);
    session.once('close', () => this.sessions.delete(session));
    session.on('stream', (stream) => {
      streams.add(stream);
      stream.once('close', () => streams.delete(stream));
    });
    session.setTimeout(this.#settings.KEEP_ALIVE_MS, () => {
      // One that waits for an answer is not idle.
      if (streams.size === 0) session.destroy();
    });
  }
}
