import type { FastifyInstance } from 'fastify';
import { parseBody } from '../write/validate.ts';
import type { AdminApi } from './api.ts';

/** Clients of the reference product ask for at least 4.1. */
const dialect = '4.1.0';

/** What needs no token. */
export function tokenRoutes(server: FastifyInstance, { context, tokens }: AdminApi): void {
  server.post('/token', { bodyLimit: 16_384 }, async (request) => {
    const { keyId, keySecret } = parseBody(context.schemas.token, request.body).orRefuse([]);
    return { token: await tokens.issue(keyId, keySecret, request.ip) };
  });
  server.get('/version', async (_request, reply) => reply.type('application/json').send(JSON.stringify(dialect)));
}
