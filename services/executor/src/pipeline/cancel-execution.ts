import type { Deadline } from '@rostrum/shared/bus';
import { Problem } from '@rostrum/shared/problems';
import { ConductorError, isTerminal } from '../domain/conductor.ts';
import { ANONYMOUS, type Deps, turnOf } from './context.ts';
import type { RunnableRoute } from '../revisions/store.ts';

interface Cancelling {
  workflowId: string;
  principal: string;
  requestId: string;
}

/**
 * Ends an execution's workflow. Doing it again, or after it has ended by itself, is no fault: how it ended is told by a
 * look. Whoever calls without authentication may never do it, whatever the route says.
 *
 * @throws {Problem} method-not-allowed. @throws {ConductorError}
 */
export async function cancelExecution(
  { workflowId, principal, requestId }: Cancelling,
  runnable: RunnableRoute,
  deadline: Deadline,
  deps: Deps,
): Promise<void> {
  const { route } = runnable;
  if (!route.executions?.cancel || principal === ANONYMOUS) {
    const allow = ['GET', 'HEAD', 'OPTIONS'];
    throw new Problem('method-not-allowed', 'The route of this execution does not allow cancelling it.', { allow });
  }
  const turn = turnOf(runnable, 'look', deadline.remaining());
  // Conductor gives one that has failed another status and reason when it is told to terminate it.
  const { status } = await deps.conductor.status(workflowId, turn);
  if (isTerminal(status)) return;
  try {
    await deps.conductor.terminate(workflowId, 'Cancelled by its caller', turn);
  } catch (error) {
    // It has completed meanwhile.
    if (error instanceof ConductorError && error.status === 409) return;
    throw error;
  }
  deps.log.info({ requestId, workflowId, principal }, 'cancelled');
}
