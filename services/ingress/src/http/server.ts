import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { closeHttp } from '@rostrum/service/http';
import type { Logger } from '@rostrum/service/logger';
import { Problem, problemLog } from '@rostrum/shared/problems';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import type { Settings } from '../config.ts';
import type { Reply, Request } from '../pipeline/context.ts';
import { renderProblem } from '../pipeline/render.ts';
import { addressesOf } from './client-address.ts';
import { createCompressor } from './compress.ts';

export interface HttpOptions {
  settings: Settings;
  log: Logger;
  newRequestId(): string;
  handle(request: Request): Promise<Reply>;
  onAnswered(request: Request, reply: Reply): void;
}

export interface HttpServer {
  listen(): Promise<{ port: number }>;
  /**
   * For a moment every answer says that its connection is closing, so that clients leave by themselves; then nothing
   * new is accepted, and the requests under way are finished.
   */
  drain(): Promise<void>;
}

/** The HTTP side: every request goes to `handle`; bodies are read by the pipeline, when it wants them. */
export function createHttpServer({ settings, log, newRequestId, handle, onAnswered }: HttpOptions): HttpServer {
  let draining = false;
  const toRequest = (raw: IncomingMessage, response: ServerResponse, method: string, url: string): Request => {
    // The stream can be read once; a request that is run again needs its body again.
    let body: Promise<Buffer> | undefined;
    let hungUp: AbortSignal | undefined;
    return {
      requestId: newRequestId(),
      method,
      url,
      headers: raw.headers,
      receivedAt: performance.now(),
      address: addressOf(raw),
      hungUp: () => (hungUp ??= hangUpOf(response)),
      readBody: () => (body ??= readBody(raw, settings.BODY_LIMIT_BYTES)),
    };
  };
  const compress = createCompressor({ codings: settings.COMPRESSION, fromBytes: settings.COMPRESS_FROM_BYTES });
  const answer = async (request: Request, reply: FastifyReply, plain: Reply): Promise<FastifyReply> => {
    const made = await compress(request, plain);
    onAnswered(request, made);
    reply.code(made.status).headers(made.headers);
    // What is left of a refused body would have to be read before the connection could be used again.
    if (draining || made.status === 413) reply.header('connection', 'close');
    return reply.send(made.body === undefined ? undefined : Buffer.from(made.body));
  };
  const refuse = (fastifyRequest: FastifyRequest, reply: FastifyReply, problem: Problem) => {
    const request = toRequest(fastifyRequest.raw, reply.raw, fastifyRequest.method, fastifyRequest.raw.url ?? '/');
    log.info({ requestId: request.requestId, ...problemLog(problem) }, 'request refused');
    return answer(request, reply, renderProblem(problem, request, { 'x-request-id': request.requestId }));
  };

  /** For what Node cannot even read as a request: there is nothing to answer by but the socket (RFC 9112, section 9.6). */
  const refuseUnreadable = (error: NodeJS.ErrnoException, socket: Socket) => {
    if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
    const problem = unreadable(error);
    const request: Request = { ...nothing, requestId: newRequestId(), receivedAt: performance.now() };
    log.info({ requestId: request.requestId, ...problemLog(problem) }, 'request refused');
    const made = renderProblem(problem, request, { 'x-request-id': request.requestId });
    onAnswered(request, made);
    const headers = { ...made.headers, 'content-length': String(made.body?.length ?? 0), connection: 'close' };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(
      `HTTP/1.1 ${made.status} ${STATUS_CODES[made.status]}\r\n${lines.join('')}\r\n${Buffer.from(made.body ?? '').toString()}`,
    );
  };

  const server = Fastify({
    logger: false,
    requestTimeout: settings.REQUEST_TIMEOUT_MS,
    keepAliveTimeout: settings.KEEP_ALIVE_MS,
    // A request without a Host gets a problem of ours (below), where Node would answer with an empty 400.
    http: { headersTimeout: settings.HEADERS_TIMEOUT_MS, requireHostHeader: false },
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    clientErrorHandler: (error, socket) => refuseUnreadable(error as NodeJS.ErrnoException, socket),
    frameworkErrors: (error, request, reply) =>
      void refuse(request, reply, new Problem('malformed-request', 'The request line cannot be read.', {}, error)),
  });
  const addressOf = addressesOf(server.server, settings);
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  const handler = async (fastifyRequest: FastifyRequest, reply: FastifyReply) => {
    if (!hasOneHost(fastifyRequest.raw)) {
      return refuse(fastifyRequest, reply, new Problem('malformed-request', 'A request has one Host header.'));
    }
    const request = toRequest(fastifyRequest.raw, reply.raw, fastifyRequest.method, fastifyRequest.raw.url ?? '/');
    return answer(request, reply, await handle(request));
  };
  server.route({
    method: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'],
    url: '/*',
    exposeHeadRoute: false,
    handler,
  });
  server.setNotFoundHandler(handler);
  // CONNECT, whose target is an authority, makes a tunnel; Node would hang up without a word.
  server.server.on('connect', (_request, socket: Socket) => refuseUnreadable(new Error('the method CONNECT'), socket));
  server.setErrorHandler((error, request, reply) =>
    refuse(request, reply, new Problem('malformed-request', 'The request cannot be read.', {}, error)),
  );
  return {
    async listen() {
      await server.listen({ host: settings.INGRESS_HOST, port: settings.INGRESS_PORT });
      return { port: (server.server.address() as AddressInfo).port };
    },
    async drain() {
      draining = true;
      await delay(settings.DRAIN_NOTICE_MS);
      await closeHttp(server);
    },
  };
}

/** Two could be read as either by whoever is in between; HTTP/1.0 may have none (RFC 9112, section 3.2). */
function hasOneHost({ rawHeaders, httpVersion }: IncomingMessage): boolean {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts === 1 || (hosts === 0 && httpVersion !== '1.1');
}

/** A request that could not be read has neither of these. */
const nothing = {
  ...{ method: '-', url: '/', headers: {}, readBody: async () => Buffer.alloc(0) },
  hungUp: () => AbortSignal.abort(),
};

/** Aborted when the connection goes before the answer has left. */
function hangUpOf(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  if (response.destroyed) controller.abort();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}

function unreadable(error: NodeJS.ErrnoException): Problem {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Problem('headers-too-large', 'The request line and headers are larger than 16 KB.', {}, error);
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem('request-timeout', 'The request took too long to arrive.', {}, error);
    default:
      return new Problem('malformed-request', 'This is not a request of HTTP/1.1.', {}, error);
  }
}

/** @throws {Problem} payload-too-large, malformed-request when the connection is cut. */
async function readBody(raw: IncomingMessage, limit: number): Promise<Buffer> {
  const tooLarge = () => new Problem('payload-too-large', `The body is larger than ${limit} bytes.`);
  if (Number(raw.headers['content-length'] ?? 0) > limit) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of raw) {
      size += (chunk as Buffer).length;
      if (size > limit) throw tooLarge();
      chunks.push(chunk as Buffer);
    }
  } catch (error) {
    throw error instanceof Problem ? error : new Problem('malformed-request', 'The body ended too soon.', {}, error);
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}
