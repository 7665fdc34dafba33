import { type Deadline, deadlineIn } from '@rostrum/shared/bus';
import type { Outcome } from '@rostrum/shared/messages';
import { Problem } from '@rostrum/shared/problems';
import { ConductorError } from '../domain/conductor.ts';
import type { ExecutionRecord } from '../executions/records.ts';
import type { RunnableRoute } from '../revisions/store.ts';
import type { Caller } from './caller.ts';
import { asOutcome } from './as-problem.ts';
import { cancelExecution } from './cancel-execution.ts';
import { conductorProblem } from './conductor-problem.ts';
import { ANONYMOUS, type Begun, type Deps, turnOf } from './context.ts';
import { settle } from './settle.ts';
import { look } from '../waiting/seen.ts';
import { waitForEnd } from './wait-for-end.ts';

export interface ExecutionLook {
  requestId: string;
  service: string;
  workflowId: string;
  principal: string;
  action: 'look' | 'cancel';
  /** How long a look waits for the end (ms). */
  waitMs: number;
}

/**
 * How an execution stands whose caller left with its id: its answer once it has ended, *accepted* while it runs; or
 * cancels it: *ok* without a body when it runs no more.
 */
export async function lookAtExecution(
  asked: ExecutionLook,
  caller: Caller,
  deadline: Deadline,
  deps: Deps,
): Promise<Outcome> {
  const { workflowId } = asked;
  try {
    const runnable = await findRunnable(asked, deps);
    if (asked.action === 'look') return await answer(asked, runnable, caller, deadline, deps);
    await cancelExecution(asked, runnable, deadline, deps);
    return { kind: 'ok', body: new Uint8Array(0), workflowId };
  } catch (error) {
    const what = asked.action === 'cancel' ? 'cancel the workflow' : 'look at the workflow';
    return asOutcome(known(error, what, workflowId), asked.requestId, deps);
  }
}

/** What Conductor no longer knows is no longer there for the caller either. */
function known(error: unknown, what: string, workflowId: string): unknown {
  const cause = error instanceof Problem ? error.cause : error;
  if (!(cause instanceof ConductorError)) return error;
  if (cause.fault !== 'not-found') return conductorProblem(cause, what, { workflowId });
  return new Problem('execution-not-found', 'Conductor no longer knows this execution.', { workflowId }, error);
}

/** The route as it was when it started the execution: what it says then holds for its executions. @throws {Problem} */
async function findRunnable(asked: ExecutionLook, deps: Deps): Promise<RunnableRoute> {
  const { workflowId } = asked;
  const record = await read(workflowId, deps);
  // Another service's or another caller's answers like one that never was.
  if (record?.service !== asked.service) throw notFound();
  const runnable = await deps.revisions.get(record.service, record.revision, record.route);
  if (!mayLook(asked.principal, record, runnable)) throw notFound();
  if (!runnable) {
    const detail = 'The route was changed since, and what it was then is no longer kept.';
    throw new Problem('execution-not-found', detail, { workflowId });
  }
  return runnable;
}

/** A service may have become public since: what an authenticated caller started stays among those. */
function mayLook(principal: string, record: ExecutionRecord, runnable: RunnableRoute | undefined): boolean {
  if (principal === record.principal) return true;
  return runnable?.route.executions?.visibleTo === 'SERVICE' && principal !== ANONYMOUS;
}

async function answer(
  asked: ExecutionLook,
  runnable: RunnableRoute,
  caller: Caller,
  deadline: Deadline,
  deps: Deps,
): Promise<Outcome> {
  const { workflowId, waitMs, requestId, principal } = asked;
  const { at, remaining } = deadlineIn(Math.min(waitMs, deadline.remaining()));
  const waitUntil: Deadline = { at, remaining: () => (caller.gone ? 0 : remaining()) };
  caller.onGone(() => deps.waits.wake(workflowId));
  const begun: Begun = { requestId, principal, runnable, deadline, waitUntil };
  const turn = turnOf(runnable, 'look', deadline.remaining());
  const seen =
    waitMs === 0
      ? await look(workflowId, runnable.route, turn, deps.conductor)
      : await waitForEnd(workflowId, undefined, begun, deps);
  // A poll is not handed over when this process stops: it ends early.
  if (seen.kind === 'running' || seen.kind === 'handed-over') return { kind: 'accepted', workflowId, tracked: true };
  return settle(seen, workflowId, begun, deps);
}

async function read(workflowId: string, deps: Deps): Promise<ExecutionRecord | undefined> {
  try {
    return await deps.records.read(workflowId);
  } catch (error) {
    throw new Problem(
      'service-unavailable',
      'Records of executions cannot be read at the moment.',
      { retryAfter: 1 },
      error,
    );
  }
}

function notFound(): Problem {
  return new Problem('execution-not-found', 'This service did not start that execution, or no longer remembers it.');
}
