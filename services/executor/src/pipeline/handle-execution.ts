import type { Deadline } from '@rostrum/shared/bus';
import type { Outcome } from '@rostrum/shared/messages';
import { Problem } from '@rostrum/shared/problems';
import type { Permit } from '../permits/permits.ts';
import type { RunnableRoute } from '../revisions/store.ts';
import { asProblem } from './as-problem.ts';
import type { Deps, Run } from './context.ts';
import { leave } from './leave.ts';
import { runPreRequestScript } from './run-script.ts';
import { settle } from './settle.ts';
import { startWorkflow } from './start-workflow.ts';
import { takePermit } from './take-permit.ts';
import { waitsUntil } from './waits-until.ts';
import { type Seen, waitForEnd } from './wait-for-end.ts';

/** Why each step stands where it does: the permit's key is of the input as it came; nothing is started without a permit. */
export async function handleExecution(
  unmatched: Omit<Run, 'runnable' | 'requestId' | 'principal'>,
  deps: Deps,
): Promise<Outcome> {
  const { request } = unmatched;
  try {
    const runnable = await deps.revisions.get(request.service, request.revision, request.route);
    if (!runnable) return { kind: 'stale' };
    const { requestId, principal } = request;
    const run: Run = { ...unmatched, requestId, principal, runnable };
    checkPermission(runnable);
    const until = waitsUntil(run);
    const permit = await takePermit(run, deps);
    const workflowId = await begin(permit, run, deps);
    return await follow(workflowId, until, permit, run, deps);
  } catch (error) {
    return { kind: 'problem', problem: asProblem(error, request.requestId, deps) };
  }
}

function checkPermission({ forbidden }: RunnableRoute): void {
  if (forbidden !== undefined) throw new Problem('forbidden', forbidden);
}

async function begin(permit: Permit | undefined, run: Run, deps: Deps): Promise<string> {
  let input: string;
  try {
    input = await runPreRequestScript(run, deps);
  } catch (error) {
    permit?.release();
    throw error;
  }
  return startWorkflow(input, permit, run, deps);
}

async function follow(
  workflowId: string,
  until: Deadline,
  permit: Permit | undefined,
  run: Run,
  deps: Deps,
): Promise<Outcome> {
  const { route } = run.runnable;
  let seen: Seen;
  try {
    seen = until.remaining() > 0 ? await waitForEnd(workflowId, route, until, deps) : { kind: 'running' };
  } catch (error) {
    permit?.watch();
    throw error;
  }
  const ended = seen.kind === 'ended' || (seen.kind !== 'running' && seen.ended);
  if (ended) permit?.release();
  else permit?.watch();
  return seen.kind === 'running' ? leave(workflowId, run, deps) : settle(seen, workflowId, run, deps);
}
