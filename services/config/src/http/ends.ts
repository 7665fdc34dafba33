import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AdminProblem } from '../problems.ts';

/** How a call ended. `cut`: the caller hung up before he had the whole answer. */
export type NoteEnd = (request: FastifyRequest, status: number, cut: boolean) => void;

/**
 * Tells of the end of each call, once. Fastify's onResponse is not called where the caller has hung up, while what he asked
 * for is done all the same: of such a call the status is what he would have been answered, as soon as that is known.
 * To be registered before the routes, and before whatever may refuse a call.
 */
export function noteEnds(server: FastifyInstance, note: NoteEnd): void {
  const cut = new WeakSet<FastifyRequest>();
  const answered = new WeakSet<FastifyRequest>();
  const statusIsKnown = (request: FastifyRequest, { statusCode }: FastifyReply) => {
    answered.add(request);
    if (cut.delete(request)) note(request, statusCode, true);
  };
  server.addHook('onRequest', async (request, reply) => {
    reply.raw.once('close', () => {
      if (reply.raw.writableFinished) note(request, reply.statusCode, false);
      else if (answered.has(request)) note(request, reply.statusCode, true);
      else cut.add(request);
    });
  });
  server.addHook('preParsing', async (request) => {
    // His body would never end, and the call neither.
    if (cut.has(request)) throw new AdminProblem('malformed-request', 'The caller hung up; nothing was done.');
  });
  server.addHook('onSend', async (request, reply) => statusIsKnown(request, reply));
  // An answer without a body is not sent to who has hung up: then onSend is not called either.
  server.addHook('onRoute', (route) => {
    const { handler } = route;
    route.handler = function handle(request, reply) {
      const result: unknown = handler.call(this, request, reply);
      if (result instanceof Promise) result.then(() => statusIsKnown(request, reply)).catch(() => {});
      return result;
    };
  });
}
