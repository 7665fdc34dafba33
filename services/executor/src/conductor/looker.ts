import type { WorkflowLooker } from '../permits/permits.ts';
import { type Conductor, isTerminal } from './client.ts';
import { ConductorError } from './errors.ts';

/** What the watch over permits asks of Conductor. */
export function createLooker(conductor: Conductor, timeoutMs: number): WorkflowLooker {
  return {
    async look(workflowId) {
      try {
        const { status } = await conductor.status(workflowId, timeoutMs);
        return isTerminal(status) ? 'ended' : 'running';
      } catch (error) {
        if (error instanceof ConductorError && error.fault === 'not-found') return 'gone';
        throw error;
      }
    },
    find: (workflow, correlationId) => conductor.find(workflow, correlationId, timeoutMs),
  };
}
