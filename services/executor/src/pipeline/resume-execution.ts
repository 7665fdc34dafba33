import { type Deadline, deadlineIn } from '@rostrum/shared/bus';
import type { Outcome } from '@rostrum/shared/messages';
import { Problem } from '@rostrum/shared/problems';
import type { Claim } from '../idempotency/claims.ts';
import type { Hold, Orphan } from '../permits/permits.ts';
import { asProblem } from './as-problem.ts';
import type { Begun, Deps } from './context.ts';
import { noteStart } from './extras.ts';
import { finish } from './handle-execution.ts';
import { keepAnswer } from './keep-answer.ts';

/**
 * What is left of an execution whose executor died: waits for its workflow and makes the caller's answer, as the one
 * that died would have. Undefined as the workflow's id: nothing was started.
 */
export async function resumeExecution(
  { intent, workflowId, hold }: Orphan,
  deadline: Deadline,
  deps: Deps,
): Promise<Outcome | { kind: 'handed-over' }> {
  try {
    if (workflowId === undefined) {
      const detail = 'The executor of this request died before it started the workflow; send the request again.';
      throw new Problem('service-unavailable', detail, { retryAfter: 1 });
    }
    const { service, revision, route } = intent;
    const runnable = await deps.revisions.get(service, revision, route).catch((error: unknown) => {
      hold.leave();
      throw error;
    });
    if (!runnable) {
      hold.leave();
      throw new Problem('service-unavailable', 'The route was changed meanwhile.', { workflowId });
    }
    const { requestId, principal } = intent;
    const waitUntil = deadlineIn(Math.max(0, deadline.remaining() - (intent.shorterByMs ?? 0)));
    const run: Begun = { requestId, principal, runnable, deadline, waitUntil };
    if (!intent.claim) return await finish(workflowId, hold, false, run, deps);
    return await finishOnce(deps.claims.of(intent.claim, intent.correlationId), workflowId, hold, run, deps);
  } catch (error) {
    return { kind: 'problem', problem: asProblem(error, intent.requestId, deps) };
  }
}

async function finishOnce(
  claim: Claim,
  workflowId: string,
  hold: Hold,
  run: Begun,
  deps: Deps,
): Promise<Outcome | { kind: 'handed-over' }> {
  await noteStart(workflowId, claim, run, deps).catch((error: unknown) => {
    hold.leave();
    throw error;
  });
  const outcome = await finish(workflowId, hold, false, run, deps).catch((error: unknown): Outcome => {
    return { kind: 'problem', problem: asProblem(error, run.requestId, deps) };
  });
  return outcome.kind === 'handed-over' ? outcome : keepAnswer(outcome, workflowId, claim, run, deps);
}
