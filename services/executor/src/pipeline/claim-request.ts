import { digestOf } from '@rostrum/shared/digest';
import type { Outcome } from '@rostrum/shared/messages';
import { Problem } from '@rostrum/shared/problems';
import { CorrelationUnproven } from '../domain/conductor.ts';
import { type Claim, ClaimsUnavailable, type Standing } from '../idempotency/claims.ts';
import { look, type Seen } from '../waiting/seen.ts';
import { asOutcome } from './as-problem.ts';
import { callerGone } from './caller.ts';
import { orConductorProblem } from './conductor-problem.ts';
import { type Deps, type Run, SentBack, startWithinMs, turnOf } from './context.ts';
import { noteStart } from './extras.ts';
import { keepAnswer } from './keep-answer.ts';
import { settle } from './settle.ts';
import { waitForEnd } from './wait-for-end.ts';

/** Pauses between two looks at a claim whose holder has not started yet (ms): doubled from the first to the longest. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 500;
/** Between the two looks for what a dead holder may have started (ms). */
const SECOND_LOOK_MS = 200;

/**
 * The request's claim on its `Idempotency-Key` when it is the one to be run, else the answer to the first. A claim whose
 * holder died before it said what it started is taken over, by a repeat alone: it brings the input. Who waits for the
 * first's answer and hangs up waits no more.
 *
 * @throws {Problem} idempotency-key-reused; -in-flight, while the first runs; -unresolved, where nobody can find out
 *   whether the first did; service-unavailable, without Redis; caller-gone. @throws {SentBack}
 */
export async function claimRequest(run: Run, deps: Deps): Promise<{ kind: 'claimed'; claim: Claim } | Outcome> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    if (deps.draining()) throw new SentBack('this process is stopping');
    if (run.caller.gone) throw callerGone();
    const standing = await take(run, deps);
    switch (standing.kind) {
      case 'claimed':
        return standing;
      case 'reused':
        throw new Problem('idempotency-key-reused', 'This Idempotency-Key was used for another request.');
      case 'answered':
        return replay(standing.outcome);
      case 'running': {
        const outcome = await repeat(standing.workflowId, standing.claim, run, deps);
        if (outcome) return outcome;
        break;
      }
      case 'starting': {
        if (standing.openInMs > 0) break;
        const claim = await takeOver(standing.claim, run, deps);
        if (claim) return { kind: 'claimed', claim };
        continue;
      }
      default:
        throw new Problem('internal-error', 'The claim on the Idempotency-Key is in a state that is not known here.');
    }
    if (run.caller.gone) throw callerGone();
    if (!run.request.awaitFirst || run.waitUntil.remaining() === 0) throw inFlight();
    await deps.sleep(Math.min(pauseMs, run.waitUntil.remaining()));
  }
}

async function take(run: Run, deps: Deps): Promise<Standing> {
  const { service, route } = run.runnable;
  const { idempotencyKey, requestDigest } = run.request;
  const name = { key: digestOf(service, route.id, run.principal, idempotencyKey), digest: requestDigest };
  return withRedis(deps.claims.take(name, startWithinMs(run, waitForPermitMs(run), deps)));
}

/** The claim is made before the permit is waited for. */
function waitForPermitMs({ runnable }: Run): number {
  return runnable.route.limit?.waitMs ?? 0;
}

async function withRedis<T>(done: Promise<T>): Promise<T> {
  return done.catch((error: unknown) => {
    if (!(error instanceof ClaimsUnavailable)) throw error;
    const detail = 'The store of idempotency keys is away, and a request with a key may not run without it.';
    throw new Problem('service-unavailable', detail, { retryAfter: 1 }, error);
  });
}

/**
 * The first's workflow has started: its answer, whoever looked after it; undefined while it runs. So the answer depends on
 * nobody who may have died.
 */
async function repeat(workflowId: string, claim: Claim, run: Run, deps: Deps): Promise<Outcome | undefined> {
  const seen = await see(workflowId, run, deps);
  if (seen.kind === 'running') return undefined;
  const outcome = await settle(seen, workflowId, run, deps).catch((error: unknown) =>
    asOutcome(error, run.requestId, deps),
  );
  return replay(await keepAnswer(outcome, workflowId, claim, run, deps));
}

function replay(outcome: Outcome): Outcome {
  return outcome.kind === 'stale' ? outcome : { ...outcome, replayed: true };
}

async function see(workflowId: string, run: Run, deps: Deps): Promise<Seen> {
  const { runnable, request, deadline } = run;
  if (request.awaitFirst) {
    run.caller.onGone(() => deps.waits.wake(workflowId));
    const seen = await waitForEnd(workflowId, undefined, run, deps);
    if (seen.kind === 'handed-over') throw new SentBack('this process is stopping');
    return seen;
  }
  const turn = turnOf(runnable, 'look', deadline.remaining());
  return look(workflowId, runnable.route, turn, deps.conductor).catch((error: unknown) => {
    throw orConductorProblem(error, 'look at the workflow', { workflowId });
  });
}

/**
 * Its holder died, or gave up without knowing. "Not started" takes two looks that found nothing, after `startBy` and its
 * margin. Undefined: look again how it stands.
 */
async function takeOver(orphan: Claim, run: Run, deps: Deps): Promise<Claim | undefined> {
  const ids = [orphan.id, ...orphan.former];
  let workflowId = await find(ids, run, deps);
  if (workflowId === undefined) {
    await deps.sleep(SECOND_LOOK_MS);
    workflowId = await find(ids, run, deps);
  }
  const { requestId } = run;
  if (workflowId !== undefined) {
    deps.log.info({ requestId, workflowId }, 'found what the first request with the key has started');
    await noteStart(workflowId, orphan, run, deps);
    return undefined;
  }
  if (deps.draining()) throw new SentBack('this process is stopping');
  if (run.caller.gone) throw callerGone();
  deps.log.info({ requestId }, 'the first request with the key has started nothing: its claim is taken over');
  return withRedis(orphan.takeOver(startWithinMs(run, waitForPermitMs(run), deps)));
}

async function find(correlationIds: readonly string[], run: Run, deps: Deps): Promise<string | undefined> {
  for (const correlationId of correlationIds) {
    try {
      const found = await deps.findCorrelated(run.runnable.route.workflow.name, correlationId);
      if (found !== undefined) return found;
    } catch (error) {
      if (error instanceof CorrelationUnproven) throw unresolved(error);
      throw orConductorProblem(error, 'look for the workflow');
    }
  }
  return undefined;
}

function inFlight(): Problem {
  return new Problem('idempotency-in-flight', 'The first request with this Idempotency-Key is still running.', {
    retryAfter: 1,
  });
}

function unresolved(cause: Error): Problem {
  const detail =
    'What became of the first request with this Idempotency-Key was lost, and this Conductor cannot tell whether its workflow was started; it is not started again.';
  return new Problem('idempotency-unresolved', detail, {}, cause);
}
