import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AdminProblem } from '../problems.ts';

/** How a call ended. */
export interface End {
  status: number;
  /** Whose call it was: where he has hung up, the request does not say any more. */
  address: string;
  /** The caller hung up before he had the whole answer. */
  cut: boolean;
}

/**
 * Tells of the end of each call, once. Fastify's onResponse is not called where the caller has hung up, while what he asked
 * for is done all the same: of such a call the status is what he would have been answered, as soon as that is known.
 * To be registered before the routes, and before whatever may refuse a call.
 */
export function noteEnds(server: FastifyInstance, note: (request: FastifyRequest, end: End) => void): void {
  /** Those who hung up, while it is not known what becomes of their calls, with their addresses. */
  const cut = new WeakMap<FastifyRequest, string>();
  const answered = new WeakSet<FastifyRequest>();
  const statusIsKnown = (request: FastifyRequest, { statusCode: status }: FastifyReply) => {
    answered.add(request);
    const address = cut.get(request);
    if (address !== undefined) note(request, { status, address, cut: true });
    cut.delete(request);
  };
  server.addHook('onRequest', async (request, reply) => {
    // Absent where he has hung up already.
    const address = (request.ip as string | undefined) ?? '';
    reply.raw.once('close', () => {
      const { statusCode: status, raw } = reply;
      if (raw.writableFinished || answered.has(request)) {
        note(request, { status, address, cut: !raw.writableFinished });
      } else cut.set(request, address);
    });
  });
  server.addHook('preParsing', async (request) => {
    // His body would never end, and the call neither. The answer's end is heard of later than the request's.
    if (request.raw.destroyed) throw new AdminProblem('malformed-request', 'The caller hung up; nothing was done.');
  });
  server.addHook('onSend', async (request, reply) => statusIsKnown(request, reply));
  // An answer without a body is not sent to who has hung up: then onSend is not called either.
  server.addHook('onRoute', (route) => {
    const { handler } = route;
    route.handler = function handle(request, reply) {
      const result: unknown = handler.call(this, request, reply);
      if (result instanceof Promise)
        result.then(
          () => statusIsKnown(request, reply),
          () => {},
        );
      return result;
    };
  });
}
