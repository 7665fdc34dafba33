import { Problem } from '@rostrum/shared/problems';
import { ConductorError, type Identity } from '../domain/conductor.ts';
import type { Hold } from '../permits/permits.ts';
import { callerGone } from './caller.ts';
import { conductorProblem } from './conductor-problem.ts';
import { type Deps, type Run, SentBack, turnOf } from './context.ts';

/** Pause before the one more try of a start that Conductor provably did not take (ms). */
const RETRY_MS = 100;

/** Starts the workflow; gives its id. What provably did not run is tried once more. @throws {Problem} @throws {SentBack} */
export async function startWorkflow(input: string, hold: Hold, run: Run, deps: Deps): Promise<string> {
  const { name, version } = run.runnable.route.workflow;
  const { correlationId } = hold;
  const { traceparent } = run.request;
  const request = { name, version, input, correlationId, traceparent, idempotencyKey: run.claim?.origin };
  const attempt = (): Promise<string> => {
    if (run.caller.gone) throw callerGone();
    if (deps.draining()) throw new SentBack('this process is stopping');
    // Checked just before sending: after startBy another may have concluded that nothing was started.
    const withinMs = Math.min(run.deadline.remaining(), hold.startRemaining(), run.claim?.startRemaining() ?? Infinity);
    if (withinMs <= 0) throw tooLate();
    const turn = turnOf(run.runnable, 'start', withinMs);
    return deps.conductor.start(request, { ...turn, as: inWhoseName(run) });
  };
  try {
    const workflowId = await attempt().catch((error: unknown) => {
      if (!isWorthRetrying(error)) throw error;
      return deps.sleep(RETRY_MS).then(attempt);
    });
    hold.started(workflowId);
    const { requestId, principal, runnable } = run;
    const startTime = Date.now();
    deps.recent.started(runnable.service, runnable.route.id, { workflowId, requestId, principal, startTime });
    deps.proveCorrelation(name, correlationId);
    return workflowId;
  } catch (error) {
    const notDone =
      error instanceof ConductorError ? error.notDone : error instanceof Problem || error instanceof SentBack;
    if (notDone) hold.release();
    else {
      hold.unresolved();
      run.claim?.unresolved();
    }
    if (!(error instanceof ConductorError)) throw error;
    if (notDone && deps.draining()) throw new SentBack('this process is stopping', { cause: error });
    if (error.fault === 'not-found') {
      const which = version === undefined ? name : `${name}, version ${version}`;
      throw new Problem('workflow-not-found', `Conductor does not know the workflow ${which}.`, {}, error);
    }
    throw conductorProblem(error, 'start the workflow');
  }
}

/** The caller's, where the service passes its token through. */
function inWhoseName({ runnable, request }: Run): Identity {
  const { application, credentials, passthrough } = runnable;
  if (!passthrough) return { application, credentials };
  if (!request.callerToken && !passthrough.fallback) {
    throw new Problem('forbidden', 'This service starts workflows with its caller’s own token, and there is none.');
  }
  const callerToken = request.callerToken || undefined;
  return { application, credentials, callerToken, fallback: passthrough.fallback };
}

/** No connection, or told to come later: nothing was done. */
function isWorthRetrying(error: unknown): boolean {
  return error instanceof ConductorError && (error.fault === 'unreachable' || error.status === 429);
}

function tooLate(): Problem {
  const detail = 'The workflow could not be started in time; nothing was started.';
  return new Problem('overloaded', detail, { retryAfter: 1 });
}
