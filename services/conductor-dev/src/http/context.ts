import type { FastifyReply, FastifyRequest } from 'fastify';
import type { DefinitionStore } from '../definitions/store.ts';
import type { Engine } from '../engine/engine.ts';
import { unreadable } from '../errors.ts';

/** What the routes use. */
export interface Context {
  engine: Engine;
  definitions: DefinitionStore;
  /** Aborted when the server stops: who waits is answered then. */
  stopping: AbortSignal;
  /** Told of errors that nobody expected. */
  onError(error: unknown, request: FastifyRequest): void;
}

export function sendText(reply: FastifyReply, text: string) {
  return reply.type('text/plain;charset=UTF-8').send(text);
}

/** The JSON of a request. @throws {ConductorError} 500 when there is none, as on the real server. */
export function jsonBody(request: FastifyRequest): unknown {
  const type = request.headers['content-type'];
  const text = request.body as string | undefined;
  if (text === undefined || text === '') throw unreadable('Required request body is missing');
  if (type === undefined || !/^application\/(json|[\w.-]+\+json)\b/i.test(type)) {
    throw unreadable(`Content-Type '${type ?? 'application/octet-stream'}' is not supported`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unreadable(`JSON parse error: ${(error as Error).message}`);
  }
}
