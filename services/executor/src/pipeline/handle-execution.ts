import type { Outcome } from '@rostrum/shared/messages';
import { Problem } from '@rostrum/shared/problems';
import type { Hold } from '../permits/permits.ts';
import type { RunnableRoute } from '../revisions/store.ts';
import type { Claim } from '../idempotency/claims.ts';
import { asOutcome } from './as-problem.ts';
import { type Begun, type Deps, type HandedOver, type Run, SentBack } from './context.ts';
import { claimRequest } from './claim-request.ts';
import { answerUnderClaim } from './keep-answer.ts';
import { leave } from './leave.ts';
import { runPreRequestScript } from './run-script.ts';
import { secure } from './secure.ts';
import { settle } from './settle.ts';
import { startWorkflow } from './start-workflow.ts';
import { takePermit } from './take-permit.ts';
import { hasEnded } from '../waiting/seen.ts';
import { waitForEnd } from './wait-for-end.ts';
import { waitsUntil } from './waits-until.ts';

/** *sent back*: not begun here; the request is for another executor. */
export type Handled = Outcome | HandedOver | { kind: 'sent-back' };

/**
 * Why each step stands where it does: a repeat of a request takes no permit; the permit's key is of the input as it came;
 * nothing is started without a permit.
 */
export async function handleExecution(
  unmatched: Omit<Run, 'runnable' | 'requestId' | 'principal' | 'waitUntil'>,
  deps: Deps,
): Promise<Handled> {
  const { request } = unmatched;
  try {
    const runnable = await deps.revisions.get(request.service, request.revision, request.route);
    if (!runnable) return { kind: 'stale' };
    const { requestId, principal } = request;
    const waitUntil = waitsUntil(request, runnable.route, unmatched.deadline, unmatched.caller);
    const run: Run = { ...unmatched, requestId, principal, runnable, waitUntil };
    checkPermission(runnable);
    if (request.idempotencyKey === '') return await execute(run, deps);
    const claimed = await claimRequest(run, deps);
    if (claimed.kind !== 'claimed') return claimed;
    run.caller.stay();
    return await executeOnce(claimed.claim, { ...run, claim: claimed.claim }, deps);
  } catch (error) {
    if (error instanceof SentBack) return { kind: 'sent-back' };
    return asOutcome(error, request.requestId, deps);
  }
}

function checkPermission({ forbidden }: RunnableRoute): void {
  if (forbidden !== undefined) throw new Problem('forbidden', forbidden);
}

async function execute(run: Run, deps: Deps): Promise<Handled> {
  const hold = await takePermit(run, deps);
  const workflowId = await begin(hold, run, deps);
  return follow(workflowId, hold, run, deps);
}

/** Under a claim: what is started is noted, and the answer kept; what was not started leaves the key free. */
async function executeOnce(claim: Claim, run: Run, deps: Deps): Promise<Handled> {
  let hold: Hold;
  let workflowId: string;
  try {
    hold = await takePermit(run, deps);
    await secure(hold);
    workflowId = await begin(hold, run, deps);
  } catch (error) {
    await claim.withdraw();
    throw error;
  }
  return answerUnderClaim(claim, workflowId, hold, run, deps, () => follow(workflowId, hold, run, deps));
}

async function begin(hold: Hold, run: Run, deps: Deps): Promise<string> {
  let input: string;
  try {
    input = await runPreRequestScript(run, deps);
  } catch (error) {
    hold.release();
    throw error;
  }
  return startWorkflow(input, hold, run, deps);
}

async function follow(workflowId: string, hold: Hold, run: Run, deps: Deps): Promise<Outcome | HandedOver> {
  run.caller.onGone(() => deps.waits.wake(workflowId));
  if (run.waitUntil.remaining() === 0) {
    hold.leave();
    return leave(workflowId, run, deps);
  }
  // Those who wait for the same answer are to have it, should this process die.
  if (run.request.cacheHolder !== '') hold.keep();
  return finish(workflowId, hold, true, run, deps);
}

/** From a started workflow to its caller's answer. `fresh`: started just now, by this process. @throws {Problem} */
export async function finish(
  workflowId: string,
  hold: Hold,
  fresh: boolean,
  run: Begun,
  deps: Deps,
): Promise<Outcome | HandedOver> {
  const result = await waitForEnd(workflowId, { hold, fresh }, run, deps).catch(async (error: unknown) => {
    hold.leave();
    // The caller has the id from the problem: it may look later.
    await leave(workflowId, run, deps);
    throw error;
  });
  if (result.kind === 'handed-over') {
    hold.handOver();
    return result;
  }
  // Held until the answer is made: should this process die before, another makes it.
  try {
    return await (result.kind === 'running' ? leave(workflowId, run, deps) : settle(result, workflowId, run, deps));
  } finally {
    if (hasEnded(result)) hold.release();
    else hold.leave();
  }
}
