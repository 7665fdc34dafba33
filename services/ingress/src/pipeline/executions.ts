import { Problem } from '@rostrum/shared/problems';
import type { ServiceRoutes } from '../routing/service-routes.ts';
import type { Reply, Request } from './context.ts';
import { corsHeaders } from './cors.ts';
import type { Deps } from './deps.ts';
import { allowOf, answerOptions } from './options.ts';
import { appliedPreferences, preferencesOf } from './prefer.ts';
import { renderAnswer } from './render.ts';

interface ExecutionPath {
  service: ServiceRoutes;
  workflowId: string;
}

/** `/{service-id}/executions/{workflowId}`: reserved, so matched before any route, on the service’s hosts. */
export function matchExecutionPath(
  segments: readonly string[],
  host: string,
  table: Deps['table'],
): ExecutionPath | undefined {
  const [id, word, workflowId] = segments;
  if (segments.length !== 3 || word !== 'executions' || id === undefined || !workflowId) return undefined;
  const service = table.service(id, host);
  return service && { service, workflowId };
}

/**
 * GET and HEAD: how an execution stands, its answer once it has ended, 202 while it runs. DELETE: 204 when it runs no more,
 * whether this ended it or not; whether its route allows that is in its record, which the executor reads.
 *
 * @throws {Problem}
 */
export async function answerExecutionPath(
  { service, workflowId }: ExecutionPath,
  request: Request,
  deps: Deps,
  headers: Record<string, string>,
): Promise<Reply> {
  const { edge } = service;
  request.matched = { service: edge.service, route: 'executions', template: `/${edge.service}/executions/{id}` };
  // Whoever may call a public service is nobody in particular, and nobody in particular may end what others wait for.
  const methods = edge.auth.type === 'NONE' ? ['GET', 'HEAD'] : ['DELETE', 'GET', 'HEAD'];
  const allow = allowOf(methods);
  if (request.method === 'OPTIONS') return answerOptions(request, edge.cors, methods, headers);
  Object.assign(headers, corsHeaders(request, edge.cors));
  if (!methods.includes(request.method))
    throw new Problem('method-not-allowed', `Executions of this service take ${allow.join(', ')}.`, { allow });
  const { principal } = await deps.authenticate(request, edge);
  const { requestId } = request;
  const cancel = request.method === 'DELETE';
  // A look waits as long as a caller of the service may, and like every GET answers at once unless asked to wait.
  const longestMs = cancel ? 0 : service.longestMs;
  const prefers = { ...preferencesOf(request, longestMs), respondAsync: false };
  const outcome = await deps.executor.look({
    ...{ requestId, service: edge.service, workflowId, principal, pool: service.pool },
    action: cancel ? 'cancel' : 'look',
    waitMs: prefers.waitMs ?? 0,
    hungUp: request.hungUp(),
  });
  if (cancel && outcome.kind === 'ok') return { status: 204, headers, body: undefined };
  const applied = cancel ? undefined : appliedPreferences(prefers, outcome);
  if (applied !== undefined) headers['preference-applied'] = applied;
  return renderAnswer(outcome, edge.service, headers);
}
