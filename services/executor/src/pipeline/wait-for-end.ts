import { Problem } from '@rostrum/shared/problems';
import { ConductorError } from '../domain/conductor.ts';
import type { Hold } from '../permits/permits.ts';
import { look } from '../waiting/seen.ts';
import type { WaitResult } from '../waiting/waits.ts';
import { conductorProblem } from './conductor-problem.ts';
import { type Begun, type Deps, turnOf } from './context.ts';

/**
 * Waits until the workflow has ended, or the task that the route waits for has, or the caller's time is up (`running`).
 * `execution`: of the caller who has it started; `fresh` when that was just now, so that there is something to be learned
 * from when it ends.
 *
 * @throws {Problem} when the last look failed too, or Conductor no longer knows the workflow.
 */
export async function waitForEnd(
  workflowId: string,
  execution: { hold: Hold; fresh: boolean } | undefined,
  { runnable, waitUntil }: Begun,
  { waits, conductor }: Deps,
): Promise<WaitResult> {
  const { route } = runnable;
  const { name, version = 0 } = route.workflow;
  try {
    return await waits.wait({
      workflowId,
      goal: execution?.fresh ? `${name}@${version}:${route.waitUntilTasks.join()}` : undefined,
      deadline: waitUntil,
      look: (withinMs) => look(workflowId, route, turnOf(runnable, 'look', withinMs), conductor),
      onLong: () => execution?.hold.keep(),
    });
  } catch (error) {
    if (!(error instanceof ConductorError)) throw error;
    if (error.fault !== 'suspended') throw conductorProblem(error, 'look at the workflow', { workflowId });
    // Of a workflow that was started nobody is told to send the request again.
    const detail = 'Conductor is away. The workflow was started, and runs as far as is known.';
    throw new Problem('conductor-unavailable', detail, { workflowId }, error);
  }
}
