import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { prepareRollback, readHistory } from '../write/history.ts';
import { parseBody } from '../write/validate.ts';
import type { AdminApi } from './api.ts';
import { authorOf, countOf } from './request.ts';

interface ById {
  Params: { id: string };
}

const rollback = z.strictObject({ revision: z.int('is required: one of those that …/revisions lists').min(1) });

export function historyRoutes(server: FastifyInstance, { config, context, write }: AdminApi): void {
  server.get<ById>('/services/:id/revisions', async (request) =>
    readHistory(config, request.params.id, countOf(request, 'limit', 64)),
  );
  server.post<ById>('/services/:id/rollback', async (request) => {
    const { revision } = parseBody(rollback, request.body).orRefuse([]);
    return write(await prepareRollback(config, context, request.params.id, revision), authorOf(request));
  });
}
