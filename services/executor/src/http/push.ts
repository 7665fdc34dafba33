import { createHash, timingSafeEqual } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { closeHttp } from '@rostrum/service/http';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { workflowIdPattern } from '../domain/conductor.ts';

export interface PushOptions {
  host: string;
  port: number;
  /** Part of the path, since an address is all that Conductor's publisher can be given. */
  secret: string;
  /** Some workflow may have ended. Nobody vouches for it. */
  onPush(workflowId: string): void;
}

/** Where Conductor's `workflow_publisher` posts the ends of workflows. */
export interface PushServer {
  /** Up to the secret, which is not in it. */
  url: string;
  close(): Promise<void>;
}

/** Pushes carry a workflow's input and output; of both nothing is read. */
const BODY_LIMIT = 4 * 1024 * 1024;

/**
 * `POST /push/<secret>`, with whatever path Conductor appends (`/null`). A push is a wake-up: all that is taken from it is
 * an id to look at, so that one that is lost, repeated, late or forged changes nothing but the time of a look.
 */
export async function startPushServer({ host, port, secret, onPush }: PushOptions): Promise<PushServer> {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const expected = digest(secret);
  const server = Fastify({
    ...{ logger: false, bodyLimit: BODY_LIMIT, requestTimeout: 10_000, forceCloseConnections: true },
    // As long as a secret may be.
    routerOptions: { maxParamLength: 200 },
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  // Before the body is read.
  server.addHook<{ Params: { secret?: string } }>('onRequest', async (request, reply) => {
    if (!timingSafeEqual(digest(request.params.secret ?? ''), expected)) return reply.code(404).send();
    return undefined;
  });
  const take = (request: FastifyRequest, reply: FastifyReply) => {
    const workflowId = workflowIdOf(request.body as Buffer | undefined);
    if (workflowId === undefined) return reply.code(400).send();
    onPush(workflowId);
    return reply.code(200).send();
  };
  server.post('/push/:secret', take);
  server.post('/push/:secret/*', take);
  server.setNotFoundHandler((_request, reply) => reply.code(404).send());
  server.setErrorHandler((error, _request, reply) =>
    reply.code((error as { statusCode?: number }).statusCode ?? 400).send(),
  );
  await server.listen({ host, port }).catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`Pushes cannot be taken at ${host}:${port} (${cause.code}): set PUSH_HOST and PUSH_PORT`, {
      cause,
    });
  });
  return {
    url: `http://${host}:${(server.server.address() as AddressInfo).port}/push`,
    close: () => closeHttp(server),
  };
}

function workflowIdOf(body: Buffer | undefined): string | undefined {
  try {
    const { workflowId } = JSON.parse((body ?? '').toString()) as { workflowId?: unknown };
    return typeof workflowId === 'string' && workflowIdPattern.test(workflowId) ? workflowId : undefined;
  } catch {
    return undefined;
  }
}
