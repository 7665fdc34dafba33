import type { Deadline } from '@rostrum/shared/bus';
import { Problem } from '@rostrum/shared/problems';
import type { ExecutionRoute } from '@rostrum/shared/revision';
import { ConductorError, isTerminal } from '../domain/conductor.ts';
import { ANONYMOUS, callTimeout, type Deps } from './context.ts';

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
  route: ExecutionRoute,
  deadline: Deadline,
  deps: Deps,
): Promise<void> {
  if (!route.executions?.cancel || principal === ANONYMOUS) {
    const allow = ['GET', 'OPTIONS'];
    throw new Problem('method-not-allowed', 'The route of this execution does not allow cancelling it.', { allow });
  }
  // Conductor gives one that has failed another status and reason when it is told to terminate it.
  const { status } = await deps.conductor.status(workflowId, callTimeout(deadline, deps));
  if (isTerminal(status)) return;
  try {
    await deps.conductor.terminate(workflowId, 'Cancelled by its caller', callTimeout(deadline, deps));
  } catch (error) {
    // It has completed meanwhile.
    if (error instanceof ConductorError && error.status === 409) return;
    throw error;
  }
  deps.log.info({ requestId, workflowId, principal }, 'cancelled');
}
