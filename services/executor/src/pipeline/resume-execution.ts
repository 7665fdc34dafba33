import { type Deadline, deadlineIn } from '@rostrum/shared/bus';
import type { Outcome } from '@rostrum/shared/messages';
import { Problem } from '@rostrum/shared/problems';
import type { Orphan } from '../permits/permits.ts';
import { asOutcome } from './as-problem.ts';
import type { Begun, Deps, HandedOver } from './context.ts';
import { finish } from './handle-execution.ts';
import { answerUnderClaim } from './keep-answer.ts';

/**
 * What is left of an execution whose executor died: waits for its workflow and makes the caller's answer, as the one
 * that died would have. Undefined as the workflow's id: nothing was started.
 */
export async function resumeExecution(
  { intent, workflowId, hold }: Orphan,
  deadline: Deadline,
  deps: Deps,
): Promise<Outcome | HandedOver> {
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
    const claim = deps.claims.of(intent.claim, intent.correlationId);
    const answering = () => finish(workflowId, hold, false, run, deps);
    return await answerUnderClaim(claim, workflowId, hold, run, deps, answering);
  } catch (error) {
    return asOutcome(error, intent.requestId, deps);
  }
}
