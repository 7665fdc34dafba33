import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { Logger } from '@rostrum/service/logger';
import { type Problem, problemLog } from '@rostrum/shared/problems';
import type { Settings } from '../config.ts';
import type { Reply, Request } from '../pipeline/context.ts';
import { renderProblem } from '../pipeline/render.ts';
import type { AddressOf } from './client-address.ts';
import { lingeringEnd } from './connections.ts';
import { defaultHeaders } from './default-headers.ts';
import { sendAway } from './drain.ts';
import type { Exchange } from './exchange.ts';
import { checkEvery } from './listener.ts';
import { toRequest, unreadRequest } from './to-request.ts';
import { lastAnswer } from './unreadable.ts';

export interface AnswersOptions {
  settings: Settings;
  secure: boolean;
  log: Logger;
  newRequestId(): string;
  addressOf: AddressOf;
  onAnswered(request: Request, reply: Reply): void;
}

/** How answers leave: their headers, what becomes of the connection after them, and those that nobody takes. */
export class Answers {
  /** Whether every answer asks its client to leave. */
  draining = false;
  readonly #options: AnswersOptions;
  readonly #defaults: Readonly<Record<string, string>>;
  /** Answers that have not left yet. */
  readonly #leaving = new Set<Exchange>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: AnswersOptions) {
    this.#options = options;
    const { settings, secure } = options;
    this.#defaults = defaultHeaders(secure, settings.HSTS_MAX_AGE_S);
    this.#timer = setInterval(() => this.#cutOff(), checkEvery(settings)).unref();
  }

  requestOf(exchange: Exchange): Request {
    const { newRequestId, addressOf, settings } = this.#options;
    return toRequest(exchange, newRequestId(), addressOf(exchange.raw), settings);
  }

  /** The headers an answer is sent with; to be called once for each, at the moment it is sent. */
  headersOf(exchange: Exchange, request: Request, made: Reply, last = false): Record<string, string> {
    this.#options.onAnswered(request, made);
    exchange.answeredAt = performance.now();
    this.#leaving.add(exchange);
    const { response, stream, connection, raw } = exchange;
    response.once('close', () => this.#leaving.delete(exchange));
    if (stream) {
      if (this.draining && stream.session) sendAway(stream.session as ServerHttp2Session);
      // Nobody reads the rest of a body that was not wanted (RFC 9113, section 8.1).
      if (!raw.complete) response.once('finish', () => stream.close());
    }
    const headers = { ...this.#defaults, ...made.headers };
    if (connection && (last || this.#isLast(exchange, made.status))) {
      connection.end();
      headers.connection = 'close';
    }
    return headers;
  }

  /** Answers with a problem, before the pipeline has seen the request; what comes after it is not looked at. */
  refuse(exchange: Exchange, problem: Problem): void {
    const request = this.requestOf(exchange);
    const made = this.#problem(problem, request);
    const headers = this.headersOf(exchange, request, made, true);
    exchange.response.writeHead(made.status, { ...headers, 'content-length': String(made.body?.length ?? 0) });
    exchange.response.end(made.body);
  }

  /** The same where there is no more than the socket to answer by. */
  refuseBySocket(socket: Socket, problem: Problem): void {
    const request = unreadRequest(this.#options.newRequestId(), this.#options.addressOf({ socket, headers: {} }));
    const made = this.#problem(problem, request);
    this.#options.onAnswered(request, made);
    lingeringEnd(socket, lastAnswer({ ...made, headers: { ...this.#defaults, ...made.headers } }));
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #problem(problem: Problem, request: Request): Reply {
    const { requestId } = request;
    this.#options.log.debug({ requestId, ...problemLog(problem) }, 'request refused');
    return renderProblem(problem, request, { 'x-request-id': requestId });
  }

  /** Whether nothing more is to come over the connection of HTTP/1.1 after this answer. */
  #isLast({ connection, raw, hasBody, awaitsWord, faulty }: Exchange, status: number): boolean {
    const { settings } = this.#options;
    // Those after it whose answers are still to come would be cut off from them.
    if (connection?.latest?.raw !== raw) return false;
    if (this.draining || connection.requests === settings.MAX_REQUESTS_PER_CONNECTION) return true;
    if (faulty || awaitsWord) return true;
    // It is answered as if it had not asked for another protocol (RFC 9110, section 7.8), but what came with it in one
    // piece is dropped by Node's parser.
    if (raw.headers.upgrade !== undefined) return true;
    if (raw.complete || !hasBody) return false;
    // What is left of a refused body has to be read before the connection can be used again: a little may be.
    const length = raw.headers['content-length'];
    return status === 413 || length === undefined || Number(length) > settings.BODY_LIMIT_BYTES;
  }

  /** Answers that their clients do not take would be kept for ever. */
  #cutOff(): void {
    const before = performance.now() - this.#options.settings.REQUEST_TIMEOUT_MS;
    for (const { answeredAt, response } of this.#leaving) if ((answeredAt ?? before) < before) response.destroy();
  }
}
