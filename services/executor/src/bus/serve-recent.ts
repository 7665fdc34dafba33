import type { Bus, Responder } from '@rostrum/shared/bus';
import { decodeJson, encodeJson, recentAsk } from '@rostrum/shared/messages';
import { queues } from '@rostrum/shared/subjects';
import type { Deps } from '../pipeline/context.ts';
import { listExecutions } from '../pipeline/list-executions.ts';

/** At the same time in one process. */
const MOST = 4;

/** Serves the lists of last executions, one responder for each pool. */
export function serveRecent(bus: Bus, pools: readonly string[], deps: Deps): Responder[] {
  let running = 0;
  const fault = (sentence: string) => encodeJson({ executions: [], fault: sentence });
  return pools.map((pool) =>
    bus.serve(bus.subjects.recent(pool), queues.execute, async ({ payload, deadline }) => {
      if (running >= MOST) return fault('Too many look at executions at once; try again.');
      running += 1;
      try {
        return encodeJson({ executions: await listExecutions(decodeJson(recentAsk, payload), deadline, deps) });
      } catch (error) {
        deps.log.warn({ err: error }, 'executions cannot be listed');
        return fault('The record of executions cannot be read at the moment; try again.');
      } finally {
        running -= 1;
      }
    }),
  );
}
