import { type Bus, BusError, type Incoming, requestName, type Responder } from '@rostrum/shared/bus';
import { type Execute, execute, executionLook, type Outcome } from '@rostrum/shared/messages';
import { Problem } from '@rostrum/shared/problems';
import { queues } from '@rostrum/shared/subjects';
import { Caller } from '../pipeline/caller.ts';
import type { Deps } from '../pipeline/context.ts';
import type { Handled, handleExecution } from '../pipeline/handle-execution.ts';
import { lookAtExecution } from '../pipeline/look-at-execution.ts';
import { encodeFitting } from './encode-fitting.ts';
import { FILL_FOR_MS, fillFor } from './fill.ts';
import { timeSteps } from '../pipeline/time-steps.ts';

export interface ServeOptions {
  pools: readonly string[];
  /** The pipeline. */
  handle: typeof handleExecution;
  maxExecutions: number;
  /** Told of each execution that has ended here; `outcome`: its kind, or a problem's code; its time in this process (ms). */
  onEnd(service: string, route: string, outcome: string, ms: number): void;
}

/** An executor's place on the bus. */
export interface Serving {
  readonly executions: number;
  /** Conductor's queue is full, or has room again: work goes to those who have room. */
  full(full: boolean): void;
  /**
   * Takes nothing new, and resolves when all that was taken is answered, handed over or sent back, and all fills are
   * confirmed. `onLeft`: nothing new comes from now on.
   */
  drain(onLeft: () => void): Promise<void>;
}

/** Of the most executions: with fewer it takes more again. */
const ROOM = 0.9;

/** Serves the executions of the pools, and look-ups of executions. */
export function serveExecutions(bus: Bus, deps: Deps, { pools, handle, maxExecutions, onEnd }: ServeOptions): Serving {
  const fills = new Set<Promise<void>>();
  /** By the name of their request. */
  const callers = new Map<string, Caller>();
  bus.listen(bus.subjects.abandoned, (payload) => callers.get(Buffer.from(payload).toString())?.hangUp());
  let executions = 0;
  let queueFull = false;

  const run = async (
    pool: string,
    request: Execute,
    { deadline, replyTo, id }: Incoming,
    of: Deps,
  ): Promise<Handled> => {
    if (deps.draining()) return { kind: 'sent-back' };
    if (executions >= maxExecutions) return tooMany();
    executions += 1;
    makeRoom();
    const began = performance.now();
    const name = requestName(replyTo, id);
    const caller = new Caller(request);
    try {
      callers.set(name, caller);
      const handled = await handle({ request, pool, deadline, caller, answerTo: { replyTo, id } }, of);
      const outcome = handled.kind === 'problem' ? handled.problem.code : handled.kind;
      onEnd(request.service, request.route, outcome, performance.now() - began);
      return handled;
    } finally {
      executions -= 1;
      callers.delete(name);
      makeRoom();
    }
  };

  /** What it held is withdrawn before another may take it. */
  const sendBack = async (pool: string, incoming: Incoming): Promise<Outcome | undefined> => {
    await deps.permits.flush();
    try {
      await bus.forward(bus.subjects.execute(pool), incoming);
      return undefined;
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      const detail = 'This executor is stopping, and no other serves the route at the moment.';
      return { kind: 'problem', problem: new Problem('service-unavailable', detail, { retryAfter: 1 }, error) };
    }
  };

  const serve = (pool: string): Responder =>
    bus.serve(bus.subjects.execute(pool), queues.execute, async (incoming) => {
      const request = execute.decode(incoming.payload);
      // A route is being tried, and its tester wants to know.
      const timings: Record<string, number> | undefined = request.timings ? {} : undefined;
      const began = performance.now();
      const handled = await run(pool, request, incoming, timings ? timeSteps(deps, timings) : deps);
      if (handled.kind === 'handed-over') return undefined;
      const outcome = handled.kind === 'sent-back' ? await sendBack(pool, incoming) : handled;
      if (!outcome) return undefined;
      if (request.cacheHolder !== '') {
        // Not awaited: the caller's answer leaves now.
        const runMs = performance.now() - began;
        const work = fillFor(request, outcome, runMs, incoming.deadline.remaining() + FILL_FOR_MS, bus, deps);
        fills.add(work);
        void work.finally(() => fills.delete(work));
      }
      return encodeFitting(outcome, bus.maxPayload, timings);
    });

  const takers = pools.map(serve);
  const makeRoom = () => {
    const full = queueFull || executions >= maxExecutions;
    if (full) for (const taker of takers) taker.pause();
    else if (executions <= maxExecutions * ROOM) for (const taker of takers) taker.resume();
  };
  const look = async ({ payload, deadline, replyTo, id }: Incoming): Promise<Outcome> => {
    if (executions >= maxExecutions) return tooMany();
    const name = requestName(replyTo, id);
    const caller = new Caller({ cacheHolder: '' });
    executions += 1;
    callers.set(name, caller);
    try {
      return await lookAtExecution(executionLook.decode(payload), caller, deadline, deps);
    } finally {
      executions -= 1;
      callers.delete(name);
    }
  };
  const looks = pools.map((pool) =>
    bus.serve(bus.subjects.executions(pool), queues.execute, async (incoming) =>
      encodeFitting(await look(incoming), bus.maxPayload),
    ),
  );
  return {
    get executions() {
      return executions;
    },
    full(full) {
      queueFull = full;
      makeRoom();
    },
    async drain(onLeft) {
      const left = [...takers, ...looks].map((responder) => responder.leave());
      onLeft();
      await Promise.all(left);
      while (fills.size > 0) await Promise.all(fills);
    },
  };
}

function tooMany(): Outcome {
  const detail = 'This executor has as many executions as it may.';
  return { kind: 'problem', problem: new Problem('overloaded', detail, { retryAfter: 1 }) };
}
