import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { ConfigState } from '../domain/records.ts';
import { prepareRollback, readHistory } from '../write/history.ts';
import { existing } from '../write/precondition.ts';
import type { View } from '../write/context.ts';
import { parseBody } from '../write/validate.ts';
import { about } from './about.ts';
import type { AdminApi } from './api.ts';
import { writeObject } from './conditional.ts';
import { numberOf } from './request.ts';

interface ById {
  Params: { id: string };
}

const rollback = z.strictObject({ revision: z.int('is required: one of those that …/revisions lists').min(1) });

const tag = 'History';
const item = z.object({
  revision: z.number(),
  time: z.number().describe('ms since 1970'),
  author: z.string().optional(),
  deleted: z.literal(true).optional(),
  changes: z.array(z.object({ pointer: z.string(), before: z.unknown().optional(), after: z.unknown().optional() })),
});

export function historyRoutes(server: FastifyInstance, { config, context, write }: AdminApi): void {
  const lists = about({
    tag,
    summary: 'Lists the revisions of a service, newest first, with what they changed',
    query: { 'limit?': 'All that are kept unless given.' },
    answer: z.array(item),
  });
  server.get<ById>('/services/:id/revisions', lists, async (request) =>
    readHistory(config, request.params.id, numberOf(request, 'limit', 1) ?? 64),
  );
  const rollsBack = about({
    tag,
    summary: 'Makes a service what it was at a revision, also one that was deleted since',
    body: rollback,
    answer: context.schemas.service,
    tagged: true,
  });
  server.post<ById>('/services/:id/rollback', rollsBack, async (request, reply) => {
    const { id } = request.params;
    const { revision } = parseBody(rollback, request.body).orRefuse([]);
    const target = existing<View>((state: ConfigState) => state.services.get(id)?.value);
    return writeObject(write, request, reply, target, await prepareRollback(config, context, id, revision));
  });
}
