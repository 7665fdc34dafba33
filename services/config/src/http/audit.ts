import type { FastifyInstance, FastifyRequest } from 'fastify';
import { auditedPath, type AuditEntry, outcomeOf } from '../audit/entry.ts';
import { type AuditSource, readAudit } from '../audit/read.ts';
import { z } from 'zod';
import { about } from './about.ts';
import type { End } from './ends.ts';
import { numberOf } from './request.ts';

export interface AuditApi {
  /** Never waits and never fails. */
  note(entry: AuditEntry): void;
  /** The same for calls without a token that were not let in, or to what is open: not each is kept. */
  noteStranger(entry: AuditEntry): void;
  source: AuditSource;
  /** Whether there is an access key of this id: what a failed login gives as one may be anything. */
  isKeyId(id: string): boolean;
}

/** Notes a call that has ended, whatever became of it. */
export function noteCall(
  { note, noteStranger, isKeyId }: AuditApi,
  request: FastifyRequest,
  { status, address, cut }: End,
): void {
  const principal = principalOf(request, isKeyId);
  const outcome = outcomeOf(status);
  const isKnown = request.caller.keyId !== '' || (principal !== undefined && outcome === 'done');
  (isKnown ? note : noteStranger)({
    time: Date.now(),
    ...(principal === undefined ? {} : { principal }),
    // A trusted proxy may pass on whatever it was sent.
    address: address.slice(0, 64),
    method: request.method,
    path: auditedPath(request.url),
    status,
    outcome,
    ...(cut ? { cut: true as const } : {}),
  });
}

function principalOf(request: FastifyRequest, isKeyId: AuditApi['isKeyId']): string | undefined {
  if (request.caller.keyId !== '') return request.caller.keyId;
  const keyId: unknown = (request.body as { keyId?: unknown } | undefined | null)?.keyId;
  return typeof keyId === 'string' && isKeyId(keyId) ? keyId : undefined;
}

const entry = z.object({
  id: z.number(),
  time: z.number().describe('ms since 1970'),
  principal: z.string().optional().describe('The id of the access key.'),
  address: z.string(),
  method: z.string(),
  path: z.string(),
  status: z.number(),
  outcome: z.enum(['done', 'denied', 'refused', 'failed']),
  cut: z.literal(true).optional().describe('The caller hung up before the answer, whose status this is.'),
  repeats: z
    .number()
    .optional()
    .describe('How many calls without a token it stands for, of which it shows the last; absent: itself.'),
});
const described = about({
  tag: 'Audit log',
  summary: 'Lists calls of this API, newest first',
  query: {
    'since?': 'ms since 1970',
    'until?': 'ms since 1970',
    'limit?': '100 unless given, 1,000 at most.',
    'cursor?': 'The `next` of the page before.',
  },
  answer: z.object({ entries: z.array(entry), next: z.string().optional() }),
});

export function auditRoutes(server: FastifyInstance, { source }: AuditApi): void {
  server.get('/audit', described, async (request) => {
    const time = (name: string) => numberOf(request, name, 0);
    const cursor = numberOf(request, 'cursor', 1);
    const limit = numberOf(request, 'limit', 1, 1_000) ?? 100;
    return readAudit(source, { since: time('since'), until: time('until'), limit, before: cursor });
  });
}
