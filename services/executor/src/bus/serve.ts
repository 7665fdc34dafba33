import type { Bus, Incoming, Responder } from '@rostrum/shared/bus';
import { encodeOutcome, type Execute, execute, executionLook, type Outcome } from '@rostrum/shared/messages';
import { Problem } from '@rostrum/shared/problems';
import { queues } from '@rostrum/shared/subjects';
import type { Deps } from '../pipeline/context.ts';
import { handleExecution } from '../pipeline/handle-execution.ts';
import { lookAtExecution } from '../pipeline/look-at-execution.ts';
import { FILL_FOR_MS, fillFor } from './fill.ts';

export interface ServeOptions {
  pools: readonly string[];
  maxExecutions: number;
  /** Told of each execution that has ended, with its time in this process (ms). */
  onEnd(outcome: Outcome, ms: number): void;
}

/** An executor's place on the bus. */
export interface Serving {
  readonly executions: number;
  /** Takes nothing new, and resolves when all that was taken is answered and all fills are confirmed. */
  drain(): Promise<void>;
}

/** Serves the executions of the pools, and look-ups of executions. */
export function serveExecutions(bus: Bus, deps: Deps, { pools, maxExecutions, onEnd }: ServeOptions): Serving {
  const fills = new Set<Promise<void>>();
  let executions = 0;

  const run = async (pool: string, request: Execute, { deadline, replyTo, id }: Incoming): Promise<Outcome> => {
    if (executions >= maxExecutions) {
      const detail = 'This executor has as many executions as it may.';
      return { kind: 'problem', problem: new Problem('overloaded', detail, { retryAfter: 1 }) };
    }
    executions += 1;
    const began = performance.now();
    try {
      const outcome = await handleExecution({ request, pool, deadline, answerTo: { replyTo, id } }, deps);
      onEnd(outcome, performance.now() - began);
      return outcome;
    } finally {
      executions -= 1;
    }
  };

  const serve = (pool: string): Responder =>
    bus.serve(bus.subjects.execute(pool), queues.execute, async (incoming) => {
      const request = execute.decode(incoming.payload);
      const outcome = await run(pool, request, incoming);
      if (request.cacheHolder !== '') {
        // Not awaited: the caller's answer leaves now.
        const work = fillFor(request, outcome, incoming.deadline.remaining() + FILL_FOR_MS, bus, deps);
        fills.add(work);
        void work.finally(() => fills.delete(work));
      }
      return encodeFitting(outcome, bus.maxPayload);
    });

  const responders = pools.map(serve);
  responders.push(
    bus.serve(bus.subjects.executions, queues.execute, async ({ payload, deadline }) =>
      encodeOutcome(await lookAtExecution(executionLook.decode(payload), deadline, deps)),
    ),
  );
  return {
    get executions() {
      return executions;
    },
    async drain() {
      await Promise.all(responders.map((responder) => responder.leave()));
      while (fills.size > 0) await Promise.all(fills);
    },
  };
}

/** An answer that the bus does not carry becomes a problem, which knows of the workflow that made it. */
function encodeFitting(outcome: Outcome, maxBytes: number): Uint8Array {
  const encoded = encodeOutcome(outcome);
  if (encoded.length <= maxBytes || outcome.kind !== 'ok') return encoded;
  const { workflowId } = outcome;
  const detail = `The answer is larger than the ${maxBytes} bytes that the gateway’s message bus carries.`;
  return encodeOutcome({ kind: 'problem', problem: new Problem('response-too-large', detail, { workflowId }) });
}
