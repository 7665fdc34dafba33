import { randomId } from '@rostrum/shared/ids';
import { parseKeyTemplate, resolveKey } from '@rostrum/shared/key-template';
import { Problem } from '@rostrum/shared/problems';
import { type Hold, PermitsUnavailable, type StartIntent, type TakeResult } from '../permits/permits.ts';
import type { Deps, Run } from './context.ts';

/**
 * The route's concurrency permit where it has a limit, and what its watch record would say in any case. The key is resolved against the input as it came,
 * before the script; requests that lack a field of the key share one scope, so that none is unlimited.
 *
 * @throws {Problem} concurrency-limit-reached, service-unavailable.
 */
export async function takePermit(run: Run, deps: Deps): Promise<Hold> {
  const { service, route } = run.runnable;
  const correlationId = run.claim?.id ?? (route.limit ? randomId() : run.requestId);
  if (!route.limit) return deps.permits.without(run.pool, correlationId, () => intentOf(run, correlationId, deps));
  const input = JSON.parse(Buffer.from(run.request.input).toString()) as Record<string, unknown>;
  const scope = JSON.stringify([service, route.id, resolveKey(parseKeyTemplate(route.limit.key), input) ?? null]);
  let result: TakeResult;
  try {
    result = await deps.permits.take(run.pool, scope, route.limit.concurrent, intentOf(run, correlationId, deps));
  } catch (error) {
    if (!(error instanceof PermitsUnavailable)) throw error;
    const detail = 'The store of concurrency permits is away, and this route may not run without one.';
    throw new Problem('service-unavailable', detail, { retryAfter: 1 }, error);
  }
  switch (result.kind) {
    case 'taken':
      return result.hold;
    case 'full': {
      const detail = `The route runs at most ${result.limit} executions at once for this key, and ${result.running} are running.`;
      const retryAfter = Math.max(1, Math.ceil(result.retryAfterMs / 1_000));
      throw new Problem('concurrency-limit-reached', detail, { retryAfter, concurrencyLimit: result.limit });
    }
    case 'recovering': {
      const detail = 'Concurrency permits were lost and are being collected again.';
      throw new Problem('service-unavailable', detail, { retryAfter: Math.ceil(result.retryAfterMs / 1_000) });
    }
    default:
      throw new Problem('internal-error', 'The store of permits gave an answer that is not known here.');
  }
}

function intentOf(run: Run, correlationId: string, deps: Deps): StartIntent {
  const { service, revision, route } = run.runnable;
  const { cacheKey, cacheHolder } = run.request;
  const startWithinMs = Math.min(deps.limits.scriptTimeoutMs + deps.limits.callTimeoutMs, run.deadline.remaining());
  return {
    service,
    revision,
    route: route.id,
    workflow: route.workflow.name,
    correlationId,
    requestId: run.requestId,
    principal: run.principal,
    cacheKey,
    cacheHolder,
    claim: run.claim?.name,
    replyTo: run.answerTo.replyTo,
    replyId: run.answerTo.id,
    remainingMs: run.waitUntil.remaining(),
    startWithinMs,
  };
}
