import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@rostrum/service/logger';
import { Problem } from '@rostrum/shared/problems';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import type { Settings } from '../config.ts';
import type { Reply, Request } from '../pipeline/context.ts';
import { renderProblem } from '../pipeline/render.ts';

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
  const toRequest = (raw: IncomingMessage, method: string, url: string): Request => ({
    requestId: newRequestId(),
    method,
    url,
    headers: raw.headers,
    receivedAt: performance.now(),
    readBody: () => readBody(raw, settings.BODY_LIMIT_BYTES),
  });
  const answer = async (request: Request, reply: FastifyReply, made: Reply): Promise<FastifyReply> => {
    onAnswered(request, made);
    reply.code(made.status).headers(made.headers);
    // What is left of a refused body would have to be read before the connection could be used again.
    if (draining || made.status === 413) reply.header('connection', 'close');
    return reply.send(made.body === undefined ? undefined : Buffer.from(made.body));
  };
  const refuse = (fastifyRequest: FastifyRequest, reply: FastifyReply, problem: Problem) => {
    const request = toRequest(fastifyRequest.raw, fastifyRequest.method, fastifyRequest.raw.url ?? '/');
    log.info({ requestId: request.requestId, err: problem }, 'request refused');
    return answer(request, reply, renderProblem(problem, request, { 'x-request-id': request.requestId }));
  };

  const server = Fastify({
    logger: false,
    requestTimeout: settings.REQUEST_TIMEOUT_MS,
    keepAliveTimeout: settings.KEEP_ALIVE_MS,
    http: { headersTimeout: settings.HEADERS_TIMEOUT_MS },
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    frameworkErrors: (error, request, reply) =>
      void refuse(request, reply, new Problem('malformed-request', 'The request line cannot be read.', {}, error)),
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  const handler = async (fastifyRequest: FastifyRequest, reply: FastifyReply) => {
    const request = toRequest(fastifyRequest.raw, fastifyRequest.method, fastifyRequest.raw.url ?? '/');
    return answer(request, reply, await handle(request));
  };
  server.route({
    method: ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'],
    url: '/*',
    exposeHeadRoute: false,
    handler,
  });
  server.setNotFoundHandler(handler);
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
      await server.close();
    },
  };
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
