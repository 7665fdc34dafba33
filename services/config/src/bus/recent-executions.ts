import { type Bus, BusError } from '@rostrum/shared/bus';
import { decodeJson, encodeJson, type RecentAsk, recentAnswer, type RecentExecution } from '@rostrum/shared/messages';
import { AdminProblem } from '../problems.ts';

const TIMEOUT_MS = 10_000;

/** The last executions of a route, of an executor of its pool. @throws {AdminProblem} service-unavailable. */
export type ListExecutions = (pool: string, asked: RecentAsk) => Promise<RecentExecution[]>;

export function createListExecutions(bus: Bus): ListExecutions {
  return async (pool, asked) => {
    const answer = await bus
      .request(bus.subjects.recent(pool), encodeJson(asked), { timeoutMs: TIMEOUT_MS, graceMs: 1_000 })
      .catch((error: unknown) => {
        if (!(error instanceof BusError)) throw error;
        const nobody = error.fault === 'no-responders';
        const who = nobody ? `No executor of the pool ${pool}` : 'The executor that was asked';
        const detail = `${who} ${nobody ? 'is there to ask' : 'did not answer'}; try again.`;
        throw new AdminProblem('service-unavailable', detail, {}, error);
      });
    const { executions, fault } = decodeJson(recentAnswer, answer);
    if (fault !== undefined) throw new AdminProblem('service-unavailable', fault);
    return executions;
  };
}
