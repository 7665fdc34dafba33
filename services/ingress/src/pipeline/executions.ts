import { Problem } from '@rostrum/shared/problems';
import type { ServiceRoutes } from '../routing/service-routes.ts';
import type { RoutingTable } from '../routing/table.ts';
import { authenticate } from './authenticate.ts';
import type { Reply, Request } from './context.ts';
import { corsHeaders } from './cors.ts';
import type { Deps } from './deps.ts';
import { renderAnswer } from './render.ts';

interface ExecutionPath {
  service: ServiceRoutes;
  workflowId: string;
}

/** `/{service-id}/executions/{workflowId}`: reserved, so matched before any route. */
export function matchExecutionPath(segments: readonly string[], table: RoutingTable): ExecutionPath | undefined {
  const [id, word, workflowId] = segments;
  if (segments.length !== 3 || word !== 'executions' || id === undefined || !workflowId) return undefined;
  const service = table.service(id);
  return service && { service, workflowId };
}

/** How an execution stands: its answer once it has ended, 202 while it runs. @throws {Problem} */
export async function lookAtExecution(
  { service, workflowId }: ExecutionPath,
  request: Request,
  deps: Deps,
  headers: Record<string, string>,
): Promise<Reply> {
  const { edge } = service;
  Object.assign(headers, corsHeaders(request, edge.cors));
  if (request.method !== 'GET')
    throw new Problem('method-not-allowed', 'Executions can be read with GET.', { allow: ['GET'] });
  const principal = authenticate(request, edge, deps.digestKey);
  const { requestId } = request;
  const look = { requestId, service: edge.service, workflowId, principal };
  return renderAnswer(await deps.executor.look(look), edge.service, headers);
}
