import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { parseBody } from '../write/validate.ts';
import { about } from './about.ts';
import type { AdminApi } from './api.ts';

/** Clients of the reference product ask for at least 4.1. */
const dialect = '4.1.0';
const tag = 'Tokens';

/** What needs no token. */
export function tokenRoutes(server: FastifyInstance, { context, tokens }: AdminApi): void {
  const { token } = context.schemas;
  const takes = { tag, summary: 'Takes an access key for a token', body: token, open: true } as const;
  const answer = z.object({ token: z.string() });
  server.post('/token', { bodyLimit: 16_384, ...about({ ...takes, answer }) }, async (request) => {
    const { keyId, keySecret } = parseBody(token, request.body).orRefuse([]);
    return { token: await tokens.issue(keyId, keySecret, request.ip) };
  });
  server.get(
    '/version',
    about({ tag, summary: 'The version of the dialect', answer: z.string(), open: true }),
    async (_request, reply) => reply.type('application/json').send(JSON.stringify(dialect)),
  );
}
