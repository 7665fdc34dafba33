import { type Bus, BusError, type BusFault } from '@rostrum/shared/bus';
import { CodecError } from '@rostrum/shared/codec';
import { decodeOutcome, decodeTimings, execute, executionLook, type Outcome } from '@rostrum/shared/messages';
import { Problem } from '@rostrum/shared/problems';
import type { Execution, Executor, HeldLock } from '../pipeline/execute.ts';
import { encodeInput } from '../pipeline/splice-input.ts';

/** Nothing was begun when these happen. */
const notTakenFaults: ReadonlySet<BusFault> = new Set([
  'no-responders',
  'disconnected',
  'too-large',
  'malformed',
  'closed',
]);

/** What looking at an execution may take, beside the time it waits (ms). */
const LOOK_MS = 10_000;

interface Asked {
  outcome: Outcome;
  notTaken: boolean;
  /** As it came. */
  answer?: Uint8Array;
  fault?: BusFault;
}

/** Executors, reached over the bus. `graceMs` is waited beyond a route's deadline. */
export function createExecutor(bus: Bus, graceMs: number): Executor {
  const ask = async (subject: string, payload: Uint8Array, timeoutMs: number, signal: AbortSignal): Promise<Asked> => {
    try {
      // One execution to a message, so that the queue group spreads them.
      const answer = await bus.request(subject, payload, { timeoutMs, graceMs, maxItems: 1, signal });
      return { outcome: decodeOutcome(answer), notTaken: false, answer };
    } catch (error) {
      if (error instanceof BusError) {
        const outcome: Outcome = { kind: 'problem', problem: toProblem(error) };
        return { outcome, notTaken: notTakenFaults.has(error.fault), fault: error.fault };
      }
      if (!(error instanceof CodecError)) throw error;
      const problem = new Problem('internal-error', 'The executor’s answer cannot be read.', {}, error);
      return { outcome: { kind: 'problem', problem }, notTaken: false };
    }
  };
  const send = (execution: Execution, lock: HeldLock | undefined, timings: boolean): Promise<Asked> => {
    const { requestId, match, principal, input, traceparent, remaining, patience, idempotency, hungUp } = execution;
    const waitMs = patience();
    const message = {
      requestId,
      service: match.service.edge.service,
      revision: match.service.edge.revision,
      route: match.compiled.route.id,
      principal,
      input: encodeInput(input),
      cacheKey: lock?.key ?? '',
      cacheHolder: lock?.holder ?? '',
      traceparent,
      respondAsync: waitMs === 0,
      waitMs: waitMs ?? 0,
      idempotencyKey: idempotency?.key ?? '',
      requestDigest: idempotency?.digest ?? '',
      awaitFirst: waitMs !== undefined && waitMs > 0,
      callerToken: execution.callerToken ?? '',
      timings,
    };
    const payload = execute.encode(message);
    // Whatever the caller waits: the start, and the permit before it, may take all of the route's time.
    return ask(bus.subjects.execute(match.compiled.route.pool), payload, remaining(), hungUp);
  };
  return {
    async execute(execution, lock) {
      const { onTimings } = execution;
      if (!onTimings) return send(execution, lock, false);
      const asked = await send(execution, lock, true);
      // An executor of the release before cannot read it, so it has done nothing; it goes without timings.
      if (asked.fault === 'malformed') return send(execution, lock, false);
      if (asked.answer) onTimings(decodeTimings(asked.answer));
      return asked;
    },
    async look({ pool, ...look }) {
      const payload = executionLook.encode(look);
      return (await ask(bus.subjects.executions(pool), payload, look.waitMs + LOOK_MS, look.hungUp)).outcome;
    },
  };
}

function toProblem(error: BusError): Problem {
  const problem = (code: ConstructorParameters<typeof Problem>[0], detail: string, retryAfter?: number) =>
    new Problem(code, detail, retryAfter === undefined ? {} : { retryAfter }, error);
  switch (error.fault) {
    case 'no-responders':
      return problem('service-unavailable', 'No executor serves this route at the moment.', 1);
    case 'disconnected':
      return problem('service-unavailable', 'The gateway has lost its message bus and is reconnecting.', 1);
    case 'closed':
      return problem('service-unavailable', 'This gateway is stopping; send the request again.', 1);
    case 'too-large':
      return problem('payload-too-large', 'The request is larger than the gateway’s message bus carries.');
    case 'response-too-large':
      return problem('response-too-large', 'The answer is larger than the gateway’s message bus carries.');
    case 'deadline-exceeded':
      return problem(
        'deadline-exceeded',
        'No answer came before the route’s deadline. A workflow may have been started.',
      );
    case 'abandoned':
      return problem('caller-gone', 'The caller has hung up.');
    case 'malformed':
    case 'failed':
      return problem('internal-error', 'The executor could not handle the request.');
    default:
      return problem('internal-error', 'The bus reported a fault that is not known here.');
  }
}
