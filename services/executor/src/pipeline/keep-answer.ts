import type { Outcome } from '@rostrum/shared/messages';
import type { Claim } from '../idempotency/claims.ts';
import type { Hold } from '../permits/permits.ts';
import { asOutcome } from './as-problem.ts';
import type { Begun, Deps, HandedOver } from './context.ts';
import { noteStart, onLost } from './extras.ts';
import { ranAndFailed } from './ran-and-failed.ts';

/**
 * The way of an execution under a claim, once it has started: that is noted, and what `answering` comes to is kept.
 *
 * @throws {Problem} idempotency-in-flight, as noteStart does.
 */
export async function answerUnderClaim(
  claim: Claim,
  workflowId: string,
  hold: Hold,
  begun: Begun,
  deps: Deps,
  answering: () => Promise<Outcome | HandedOver>,
): Promise<Outcome | HandedOver> {
  await noteStart(workflowId, claim, begun, deps).catch((error: unknown) => {
    hold.leave();
    throw error;
  });
  const outcome = await answering().catch((error: unknown) => asOutcome(error, begun.requestId, deps));
  return outcome.kind === 'handed-over' ? outcome : keepAnswer(outcome, workflowId, claim, begun, deps);
}

/**
 * Keeps the answer under the request's key; gives the answer that stands, another's where that came first. What went
 * wrong on the way to a workflow that runs on is not kept: a repeat looks at the workflow again. So it does without Redis.
 */
export async function keepAnswer(
  outcome: Outcome,
  workflowId: string,
  claim: Claim,
  begun: Begun,
  deps: Deps,
): Promise<Outcome> {
  const isFinal =
    outcome.kind === 'problem' ? ranAndFailed.has(outcome.problem.code) : outcome.kind === 'ok' || isTracked(outcome);
  if (!isFinal) return outcome;
  try {
    const kept = await claim.complete(workflowId, outcome);
    if (kept.noted.kind === 'lost') await onLost(kept.noted.workflowId, workflowId, begun, deps);
    return kept.outcome;
  } catch (error) {
    deps.log.warn({ requestId: begun.requestId, workflowId, err: error }, 'an answer is not kept under its key');
    return outcome;
  }
}

/** A 202 without an address would be all that repeats ever get. */
function isTracked(outcome: Outcome): boolean {
  return outcome.kind === 'accepted' && outcome.tracked;
}
