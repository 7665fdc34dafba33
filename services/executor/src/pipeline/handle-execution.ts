import type { Outcome } from '@rostrum/shared/messages';
import { Problem } from '@rostrum/shared/problems';
import type { Permit } from '../permits/permits.ts';
import type { RunnableRoute } from '../revisions/store.ts';
import type { Deps, Run } from './context.ts';
import { runPreRequestScript } from './run-script.ts';
import { settle } from './settle.ts';
import { startWorkflow } from './start-workflow.ts';
import { takePermit } from './take-permit.ts';
import { type Look, waitForEnd } from './wait-for-end.ts';

/** Why each step stands where it does: the permit's key is of the input as it came; nothing is started without a permit. */
export async function handleExecution(unmatched: Omit<Run, 'runnable'>, deps: Deps): Promise<Outcome> {
  const { request } = unmatched;
  try {
    const runnable = await deps.revisions.get(request.service, request.revision, request.route);
    if (!runnable) return { kind: 'stale' };
    const run: Run = { ...unmatched, runnable };
    checkPermission(runnable);
    const permit = await takePermit(run, deps);
    const workflowId = await begin(permit, run, deps);
    return await follow(workflowId, permit, run, deps);
  } catch (error) {
    return { kind: 'problem', problem: toProblem(error, request.requestId, deps) };
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

async function follow(workflowId: string, permit: Permit | undefined, run: Run, deps: Deps): Promise<Outcome> {
  const { route } = run.runnable;
  let seen: Look;
  try {
    seen =
      route.mode === 'ASYNCHRONOUS' ? { kind: 'running' } : await waitForEnd(workflowId, route, run.deadline, deps);
  } catch (error) {
    permit?.watch();
    throw error;
  }
  const ended = seen.kind === 'ended' || (seen.kind !== 'running' && seen.ended);
  if (ended) permit?.release();
  else permit?.watch();
  return seen.kind === 'running' ? leave(workflowId, run, deps) : settle(seen, workflowId, run, deps);
}

/** The caller leaves with the id: the record has to stand before the answer does, or the address in it would be dead. */
export async function leave(workflowId: string, { request, runnable }: Run, deps: Deps): Promise<Outcome> {
  const { service, revision, route } = runnable;
  try {
    await deps.records.write(workflowId, { service, revision, route: route.id, principal: request.principal });
    return { kind: 'accepted', workflowId };
  } catch (error) {
    const detail = 'The workflow is running, but no record of it could be kept to look it up by.';
    throw new Problem('deadline-exceeded', detail, { workflowId }, error);
  }
}

/** What went wrong, for the caller; causes and faults of our own go to the log with the request's id. */
export function toProblem(error: unknown, requestId: string, { log }: Pick<Deps, 'log'>): Problem {
  const problem =
    error instanceof Problem
      ? error
      : new Problem('internal-error', 'The executor failed to run the request.', {}, error);
  if (problem.cause !== undefined) log.warn({ requestId, err: problem }, 'execution failed');
  return problem;
}
