import { Problem } from '@rostrum/shared/problems';
import { ConductorError } from '../domain/conductor.ts';
import type { Permit } from '../permits/permits.ts';
import { conductorProblem } from './conductor-problem.ts';
import { callTimeout, type Deps, type Run } from './context.ts';

/** Starts the workflow, once, and returns its id. The permit learns what became of it. @throws {Problem} */
export async function startWorkflow(input: string, permit: Permit | undefined, run: Run, deps: Deps): Promise<string> {
  const { name, version } = run.runnable.route.workflow;
  // Checked just before sending: after startBy another may have concluded that nothing was started.
  const timeoutMs = Math.min(callTimeout(run.deadline, deps), permit?.startRemaining() ?? Number.POSITIVE_INFINITY);
  if (timeoutMs <= 0) {
    permit?.release();
    throw new Problem('overloaded', 'The workflow could not be started in time; nothing was started.', {
      retryAfter: 1,
    });
  }
  const correlationId = permit?.correlationId ?? run.requestId;
  const { traceparent } = run.request;
  try {
    const workflowId = await deps.conductor.start({ name, version, input, correlationId, traceparent }, timeoutMs);
    permit?.started(workflowId);
    deps.proveCorrelation(name, correlationId);
    return workflowId;
  } catch (error) {
    if (error instanceof ConductorError && error.notDone) permit?.release();
    else permit?.unresolved();
    if (!(error instanceof ConductorError)) throw error;
    if (error.fault === 'not-found') {
      const which = version === undefined ? name : `${name}, version ${version}`;
      throw new Problem('workflow-not-found', `Conductor does not know the workflow ${which}.`, {}, error);
    }
    throw conductorProblem(error, 'start the workflow');
  }
}
