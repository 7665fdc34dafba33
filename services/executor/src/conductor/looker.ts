import { type Conductor, ConductorError, CorrelationUnproven, isTerminal, type Turn } from '../domain/conductor.ts';
import type { StartIntent, WorkflowLooker } from '../permits/permits.ts';
import type { Proof } from './proof.ts';

/** What the watch over permits asks of Conductor. */
export interface Looker extends WorkflowLooker {
  /**
   * Finds out whether this server can look a workflow up by its correlation id, by one that is known to run.
   * Asks once a minute until
   * then: an empty answer to `find` proves nothing, since a server without an index gives the same. Never rejects.
   */
  prove(workflow: string, correlationId: string): void;
  /** @throws {CorrelationUnproven} where an empty answer proves nothing. @throws {ConductorError} */
  find(workflow: string, correlationId: string, intent?: StartIntent): Promise<string | undefined>;
}

/** How often a server is asked that has found nothing so far (ms). */
const PROVE_EVERY_MS = 60_000;

/** `proof` is what other processes have found on this server. */
export function createLooker(conductor: Conductor, timeoutMs: number, proof: Proof): Looker {
  /** Of somebody who waits for what is found, or of nobody. */
  const turn = (share: string, lane: Turn['lane'] = 'watch'): Turn => ({ lane, share, withinMs: timeoutMs });
  let proven = false;
  let proving: Promise<unknown> | undefined;
  let proveAfter = 0;
  const find = async (workflow: string, correlationId: string, lane?: Turn['lane']) => {
    const found = await conductor.find(workflow, correlationId, turn(workflow, lane));
    if (found !== undefined && !proven) {
      proven = true;
      void proof.write({ workflow, correlationId });
    }
    return found;
  };
  const prove = (workflow: string, correlationId: string) => {
    if (proven || proving || performance.now() < proveAfter) return;
    // A server without an index is not asked with every start.
    proveAfter = performance.now() + PROVE_EVERY_MS;
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
        const { status } = await conductor.status(workflowId, turn(workflow));
        return isTerminal(status) ? 'ended' : 'running';
      } catch (error) {
        if (error instanceof ConductorError && error.fault === 'not-found') return 'gone';
        throw error;
      }
    },
    async find(workflow, correlationId, intent) {
      // Before the look that it is to be the proof for.
      if (!proven) await proveByOthers();
      const found = await find(workflow, correlationId, intent ? 'watch' : 'look');
      if (found === undefined && !proven)
        throw new CorrelationUnproven('the server has never found a workflow by its correlation id');
      return found;
    },
  };
}
