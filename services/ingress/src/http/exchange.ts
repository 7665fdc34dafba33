import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import { Problem } from '@rostrum/shared/problems';
import type { Connection } from './connections.ts';

const EMPTY = Buffer.alloc(0);

/** The stream of HTTP/2. The version that a request names says nothing: one of HTTP/1.1 may name any. */
export function streamOf(raw: IncomingMessage): ServerHttp2Stream | undefined {
  return (raw as { stream?: ServerHttp2Stream }).stream;
}

/** One request and its answer, of either version of HTTP. */
export class Exchange {
  readonly raw: IncomingMessage;
  readonly response: ServerResponse;
  /** Undefined for HTTP/2, where each request has a stream of its own. */
  readonly connection: Connection | undefined;
  /** When its answer was handed over (`performance.now()`); it has left when the response closes. */
  answeredAt: number | undefined;
  /** Whether the client waits for our word before it sends the body (`Expect: 100-continue`). */
  awaitsWord: boolean;
  /** How much of the body has come. */
  bytesRead = 0;
  #body: Promise<Buffer> | undefined;
  #fault: Problem | undefined;
  #onFault: ((fault: Problem) => void) | undefined;

  constructor(raw: IncomingMessage, response: ServerResponse, connection: Connection | undefined, awaitsWord: boolean) {
    this.raw = raw;
    this.response = response;
    this.connection = connection;
    this.awaitsWord = awaitsWord;
  }

  get stream(): ServerHttp2Stream | undefined {
    return streamOf(this.raw);
  }

  get hasBody(): boolean {
    if (this.stream) return !this.stream.endAfterHeaders;
    const { headers } = this.raw;
    return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
  }

  /** Whether the body could not be read, so that nothing after it on this connection can be. */
  get faulty(): boolean {
    return this.#fault !== undefined;
  }

  /** Ends the reading of the body with what is wrong with it. */
  fail(fault: Problem): void {
    this.#fault ??= fault;
    this.#onFault?.(this.#fault);
  }

  /**
   * Reads the body to its end; it can be read once, and is kept for who asks again. `untilMs` is when it has to be there
   * (`performance.now()`).
   *
   * @throws {Problem} payload-too-large, request-timeout, malformed-request when it is not framed rightly or cut off.
   */
  readBody(limit: number, untilMs: number): Promise<Buffer> {
    this.#body ??= this.hasBody ? this.#read(limit, untilMs) : Promise.resolve(EMPTY);
    return this.#body;
  }

  async #read(limit: number, untilMs: number): Promise<Buffer> {
    if (this.#fault) throw this.#fault;
    const { raw } = this;
    const tooLarge = () => new Problem('payload-too-large', `The body is larger than ${limit} bytes.`);
    if (Number(raw.headers['content-length'] ?? 0) > limit) throw tooLarge();
    if (this.awaitsWord) {
      this.awaitsWord = false;
      this.response.writeContinue();
    }
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    this.#onFault = reject;
    const chunks: Buffer[] = [];
    const take = (chunk: Buffer) => {
      this.bytesRead += chunk.length;
      if (this.bytesRead > limit) reject(tooLarge());
      else chunks.push(chunk);
    };
    const end = () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
    const cut = () => reject(new Problem('malformed-request', 'The body ended too soon.'));
    raw.on('data', take).once('end', end).on('error', cut).once('close', cut);
    // Node itself ends what takes too long in HTTP/1.1, and not in HTTP/2.
    const late = () => reject(new Problem('request-timeout', 'The request took too long to arrive.'));
    const timer = this.stream && setTimeout(late, untilMs - performance.now());
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      // What comes yet is thrown away: `raw` goes on flowing. Its errors are nobody's any more.
      raw.off('data', take).off('end', end).off('close', cut).resume();
    }
  }

  #hungUp: AbortSignal | undefined;

  /** Aborted when the connection goes before the answer has left. */
  get hungUp(): AbortSignal {
    if (this.#hungUp) return this.#hungUp;
    const controller = new AbortController();
    const { response } = this;
    if (response.destroyed) controller.abort();
    response.once('close', () => {
      if (!response.writableFinished) controller.abort();
    });
    this.#hungUp = controller.signal;
    return this.#hungUp;
  }
}
