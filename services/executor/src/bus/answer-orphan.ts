import { type Bus, deadlineIn } from '@rostrum/shared/bus';
import type { Orphan } from '../permits/permits.ts';
import type { Deps } from '../pipeline/context.ts';
import type { resumeExecution } from '../pipeline/resume-execution.ts';
import { FILL_FOR_MS, fillFor } from './fill.ts';
import { encodeFitting } from './encode-fitting.ts';

/** How long an execution under an idempotency key is looked at after its caller's deadline (ms). */
const LAST_LOOK_MS = 1_000;

/**
 * Answers the caller of an execution that was taken over, and those who wait for the same answer, while there is time
 * to. Rejects never: what goes wrong is the caller's problem.
 */
export async function answerOrphan(
  orphan: Orphan,
  bus: Bus,
  deps: Deps,
  resume: typeof resumeExecution,
): Promise<void> {
  const { intent, workflowId } = orphan;
  // Whose caller has gone is looked at once more: its key waits for an answer.
  const deadline = deadlineIn(intent.claim ? Math.max(intent.remainingMs, LAST_LOOK_MS) : intent.remainingMs);
  deps.log.info({ requestId: intent.requestId, workflowId }, 'execution taken over');
  const outcome = await resume(orphan, deadline, deps);
  if (outcome.kind === 'handed-over') return;
  if (intent.remainingMs === 0) return;
  // A little longer than the caller's own deadline: its ingress waits a grace for it.
  bus.answer(
    intent.replyTo,
    intent.replyId,
    deadlineIn(deadline.remaining() + 1_000),
    encodeFitting(outcome, bus.maxPayload),
  );
  if (intent.cacheHolder !== '') await fillFor(intent, outcome, 0, deadline.remaining() + FILL_FOR_MS, bus, deps);
}
