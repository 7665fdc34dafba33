import { randomId } from '@rostrum/shared/ids';
import { deadlineIn, requestName } from '@rostrum/shared/bus';
import { parseKeyTemplate, resolveKey } from '@rostrum/shared/key-template';
import { Problem } from '@rostrum/shared/problems';
import {
  type Hold,
  PermitsUnavailable,
  type PermitWait,
  type StartIntent,
  type TakeResult,
} from '../permits/permits.ts';
import { callerGone } from './caller.ts';
import { type Deps, type Run, SentBack, startWithinMs } from './context.ts';

/**
 * The route's concurrency permit where it has a limit, and what its watch record would say in any case. The key is
 * resolved against the input as it came, before the script; requests that lack a field of the key share one scope, so that
 * none is unlimited. Where the route says so, a request waits for its permit, however long its caller waits for the
 * workflow's end: without a workflow there is nothing to leave with.
 *
 * @throws {Problem} concurrency-limit-reached, service-unavailable; caller-gone.
 * @throws {SentBack}
 */
export async function takePermit(run: Run, deps: Deps): Promise<Hold> {
  const { service, route } = run.runnable;
  const correlationId = run.claim?.id ?? (route.limit ? randomId() : run.requestId);
  if (!route.limit) return deps.permits.without(run.pool, correlationId, () => intentOf(run, correlationId, deps));
  const { key, concurrent: limit } = route.limit;
  const input = JSON.parse(Buffer.from(run.request.input).toString()) as Record<string, unknown>;
  const scope = JSON.stringify([service, route.id, resolveKey(parseKeyTemplate(key), input) ?? null]);
  let result: TakeResult;
  try {
    const intent = () => intentOf(run, correlationId, deps);
    result = await deps.permits.take({ pool: run.pool, scope, limit, intent, wait: waitOf(run, deps) });
  } catch (error) {
    if (!(error instanceof PermitsUnavailable)) throw error;
    const detail = 'The store of concurrency permits is away, and this route may not run without one.';
    throw new Problem('service-unavailable', detail, { retryAfter: 1 }, error);
  }
  if (result.kind === 'taken') return result.hold;
  if (result.kind === 'sent-back') throw new SentBack('this process is stopping');
  throw run.caller.gone ? callerGone() : refusal(result);
}

/** Under its ingress's name for the request it keeps its place when another executor has to take it. */
function waitOf(run: Run, deps: Deps): PermitWait {
  const { replyTo, id } = run.answerTo;
  const waitId = requestName(replyTo, id);
  const until = deadlineIn(Math.min(run.runnable.route.limit?.waitMs ?? 0, run.deadline.remaining()));
  run.caller.onGone(() => deps.permits.withdraw(waitId));
  return { id: waitId, until: { remaining: () => (run.caller.gone ? 0 : until.remaining()) } };
}

function refusal(result: Exclude<TakeResult, { kind: 'taken' | 'sent-back' }>): Problem {
  const retryAfter = Math.max(1, Math.ceil(result.retryAfterMs / 1_000));
  switch (result.kind) {
    case 'full': {
      const detail = `The route runs at most ${result.limit} executions at once for this key, and ${result.running} are running.`;
      return new Problem('concurrency-limit-reached', detail, { retryAfter, concurrencyLimit: result.limit });
    }
    case 'recovering':
      return new Problem('service-unavailable', 'Concurrency permits were lost and are being collected again.', {
        retryAfter,
      });
    default:
      return new Problem('internal-error', 'The store of permits gave an answer that is not known here.');
  }
}

function intentOf(run: Run, correlationId: string, deps: Deps): StartIntent {
  const { service, revision, route } = run.runnable;
  const { cacheKey, cacheHolder, traceparent } = run.request;
  return {
    service,
    revision,
    route: route.id,
    workflow: route.workflow.name,
    correlationId,
    requestId: run.requestId,
    traceparent: traceparent || undefined,
    principal: run.principal,
    cacheKey,
    cacheHolder,
    claim: run.claim?.name,
    replyTo: run.answerTo.replyTo,
    replyId: run.answerTo.id,
    remainingMs: run.deadline.remaining(),
    shorterByMs: run.deadline.remaining() - run.waitUntil.remaining(),
    startWithinMs: startWithinMs(run, 0, deps),
  };
}
