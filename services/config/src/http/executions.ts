import { routeId } from '@rostrum/shared/revision';
import { recentExecution } from '@rostrum/shared/messages';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { ListExecutions } from '../bus/recent-executions.ts';
import { revisionOf } from '../domain/compile.ts';
import { AdminProblem } from '../problems.ts';
import { requireRoute } from '../write/routes.ts';
import { requireService } from '../write/services.ts';
import { about } from './about.ts';
import type { AdminApi } from './api.ts';
import { numberOf, optionalQueryOf, queryOf } from './request.ts';
import { routeQuery } from './routes.ts';

export interface Executions {
  list: ListExecutions;
  /** Where Conductor's UI shows an execution, `{workflowId}` in place of its id; undefined: answers have no links. */
  uiUrl: string | undefined;
}

const statuses = ['RUNNING', 'PAUSED', 'COMPLETED', 'FAILED', 'TIMED_OUT', 'TERMINATED', 'UNKNOWN'];
const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;

const described = about({
  tag: 'Trying things out',
  summary: 'Lists the last executions that were started for a route, newest first',
  query: {
    ...routeQuery,
    'start?': 'Started from then on, ms since 1970.',
    'end?': 'Started until then, ms since 1970.',
    'status?': `One of ${statuses.join(', ')}.`,
    'limit?': `${DEFAULT_LIMIT} unless given, ${MAX_LIMIT} at most.`,
  },
  answer: z.array(recentExecution.extend({ link: z.string().optional() })),
});

/** The last executions of a route, newest first. */
export function executionRoutes(server: FastifyInstance, { config }: AdminApi, executions: Executions): void {
  server.get<{ Params: { id: string } }>('/services/:id/routes/executions', described, async (request) => {
    const service = requireService(config.state, request.params.id);
    const { httpMethod, path } = requireRoute(service, queryOf(request, 'method'), queryOf(request, 'path'));
    const status = optionalQueryOf(request, 'status');
    if (status !== undefined && !statuses.includes(status))
      throw new AdminProblem('malformed-request', `status has to be one of ${statuses.join(', ')}.`);
    const asked = {
      service: service.id,
      revision: revisionOf(config.state, service.id) ?? 0,
      route: routeId(httpMethod, path),
      start: numberOf(request, 'start', 0) ?? 0,
      end: numberOf(request, 'end', 0) ?? Number.MAX_SAFE_INTEGER,
      ...(status === undefined ? {} : { status }),
      limit: numberOf(request, 'limit', 1, MAX_LIMIT) ?? DEFAULT_LIMIT,
    };
    const { list, uiUrl } = executions;
    const found = await list(service.pool ?? 'default', asked);
    return found.map((each) => (uiUrl === undefined ? each : { ...each, link: linkTo(uiUrl, each.workflowId) }));
  });
}

function linkTo(uiUrl: string, workflowId: string): string {
  return uiUrl.replaceAll(/\{workflowId\}|%7BworkflowId%7D/gi, () => encodeURIComponent(workflowId));
}
