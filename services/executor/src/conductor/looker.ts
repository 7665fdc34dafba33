import { type Conductor, ConductorError, CorrelationUnproven, isTerminal, type Turn } from '../domain/conductor.ts';
import type { WorkflowLooker } from '../permits/permits.ts';
import type { Proof } from './proof.ts';

/** What the watch over permits asks of Conductor. */
export interface Looker extends WorkflowLooker {
  /**
   * Finds out, once, whether this server can look a workflow up by its correlation id, by one that is known to run.
   * Until then an empty answer to `find` proves nothing: a server without an index gives the same. Never rejects.
   */
  prove(workflow: string, correlationId: string): void;
  /** @throws {CorrelationUnproven} where an empty answer proves nothing. @throws {ConductorError} */
  find(workflow: string, correlationId: string): Promise<string | undefined>;
}

/** `proof` is what other processes have found on this server. */
export function createLooker(conductor: Conductor, timeoutMs: number, proof: Proof): Looker {
  const turn: Turn = { lane: 'watch', share: 'watch', withinMs: timeoutMs };
  let proven = false;
  let proving: Promise<unknown> | undefined;
  const find = async (workflow: string, correlationId: string) => {
    const found = await conductor.find(workflow, correlationId, turn);
    if (found !== undefined && !proven) {
      proven = true;
      void proof.write({ workflow, correlationId });
    }
    return found;
  };
  const prove = (workflow: string, correlationId: string) => {
    if (proven || proving) return;
    proving = find(workflow, correlationId)
      .catch(() => {})
      .finally(() => {
        proving = undefined;
      });
  };
  const proveByOthers = async () => {
    const known = await proof.read();
    if (known) await find(known.workflow, known.correlationId);
  };
  return {
    prove,
    async look(workflowId, { workflow, correlationId }) {
      prove(workflow, correlationId);
      try {
        const { status } = await conductor.status(workflowId, turn);
        return isTerminal(status) ? 'ended' : 'running';
      } catch (error) {
        if (error instanceof ConductorError && error.fault === 'not-found') return 'gone';
        throw error;
      }
    },
    async find(workflow, correlationId) {
      // Before the look that it is to be the proof for.
      if (!proven) await proveByOthers();
      const found = await find(workflow, correlationId);
      if (found === undefined && !proven)
        throw new CorrelationUnproven('the server has never found a workflow by its correlation id');
      return found;
    },
  };
}
