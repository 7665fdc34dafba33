import { Problem } from '@rostrum/shared/problems';
import { ConductorError, isTerminal } from '../domain/conductor.ts';
import type { Claim, Noted } from '../idempotency/claims.ts';
import { type Begun, type Deps, turnOf } from './context.ts';

/**
 * When is looked, having started under a claim that was taken over, for what its former holders have started all the
 * same (ms after the look before): their POST may have been held up for longer than anybody could know.
 */
const PAUSES_MS = [0, 500, 2_000, 5_000, 15_000, 40_000];
const REASON = 'Started a second time under one Idempotency-Key';

/**
 * Writes down under the claim what was started. Where another has taken the claim over meanwhile, since this process was
 * held up, there may be two workflows: the one of who holds the claim stays.
 *
 * @throws {Problem} idempotency-in-flight: it was the other that stays.
 */
export async function noteStart(workflowId: string, claim: Claim, begun: Begun, deps: Deps): Promise<void> {
  let noted: Noted;
  try {
    noted = await claim.started(workflowId);
  } catch (error) {
    // The watch record knows it, or at least the correlation id.
    deps.log.debug({ requestId: begun.requestId, workflowId, err: error }, 'a start is not noted under its key');
    return;
  }
  if (noted.kind === 'lost') {
    await onLost(noted.workflowId, workflowId, begun, deps);
    const detail = 'A repeat of this request has taken it over; send it again to have its answer.';
    if (noted.workflowId !== workflowId) throw new Problem('idempotency-in-flight', detail, { retryAfter: 1 });
  } else if (claim.former.length > 0) void endExtras(claim.former, workflowId, begun, deps);
}

/**
 * The claim is another's: ends what was started here, once it is known that the other runs another one. Until then that
 * is for the other, who looks for it (a server that honours idempotency keys may have given both the same one).
 */
export async function onLost(theirs: string, ours: string, begun: Begun, deps: Deps): Promise<void> {
  deps.log.warn({ requestId: begun.requestId, workflowId: ours, theirs }, 'a claim was taken over while it was held');
  if (theirs !== '' && theirs !== ours) await endExtra(ours, theirs, begun, deps).catch(() => {});
}

/** Looks again and again for workflows of former claims, and ends them. Never rejects. */
async function endExtras(former: readonly string[], workflowId: string, begun: Begun, deps: Deps): Promise<void> {
  const open = new Set(former);
  for (const pause of PAUSES_MS) {
    await deps.sleep(pause);
    for (const correlationId of open) {
      if (deps.draining()) return;
      try {
        const extra = await deps.findCorrelated(begun.runnable.route.workflow.name, correlationId);
        if (extra === undefined) continue;
        if (extra !== workflowId) await endExtra(extra, workflowId, begun, deps);
        open.delete(correlationId);
      } catch (error) {
        deps.log.debug({ requestId: begun.requestId, err: error }, 'extras of a claim cannot be looked for');
      }
    }
  }
}

async function endExtra(extra: string, workflowId: string, { requestId, runnable }: Begun, deps: Deps): Promise<void> {
  const turn = turnOf(runnable, 'watch', deps.limits.callTimeoutMs);
  const said = { requestId, workflowId, extra };
  try {
    const { status } = await deps.conductor.status(extra, turn);
    if (isTerminal(status)) {
      // Terminated by its sender, who noticed as well, or by somebody else; otherwise it has done its work.
      const level = status === 'TERMINATED' ? 'warn' : 'error';
      deps.log[level]({ ...said, status }, 'a second workflow of one key has ended');
      return;
    }
    await deps.conductor.terminate(extra, REASON, turn);
    deps.log.warn(said, 'a second workflow of one key was terminated');
  } catch (error) {
    const level = error instanceof ConductorError && error.status === 409 ? 'error' : 'warn';
    deps.log[level]({ ...said, err: error }, 'a second workflow of one key could not be terminated');
    throw error;
  }
}
