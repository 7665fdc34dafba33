import type { Deadline } from '@rostrum/shared/bus';
import type { RecentAsk, RecentExecution } from '@rostrum/shared/messages';
import { ConductorError, type Turn } from '../domain/conductor.ts';
import type { StartedExecution } from '../executions/recent.ts';
import type { RunnableRoute } from '../revisions/store.ts';
import { type Deps, turnOf } from './context.ts';

/** Calls to Conductor at the same time: somebody who only looks on is to be in nobody's way. */
const AT_ONCE = 8;
/** How long one of them may take (ms). */
const LOOK_MS = 2_000;

/**
 * The last executions of a route, newest first, as they stand by Conductor's word. Rejects when Redis is away; Conductor
 * may be.
 */
export async function listExecutions(asked: RecentAsk, deadline: Deadline, deps: Deps): Promise<RecentExecution[]> {
  const { service, revision, route, status, limit } = asked;
  const runnable = await deps.revisions.get(service, revision, route).catch(() => undefined);
  const started = await deps.recent.list(service, route, asked.start, asked.end);
  const found: RecentExecution[] = [];
  for (let at = 0; at < started.length && found.length < limit && deadline.remaining() > 0; at += AT_ONCE) {
    const some = started.slice(at, at + AT_ONCE);
    const seen = await Promise.all(some.map((each) => see(each, runnable, deadline, deps)));
    found.push(...seen.filter((each) => status === undefined || each.status === status));
  }
  return found.slice(0, limit);
}

async function see(
  { workflowId, requestId, principal, startTime }: StartedExecution,
  runnable: RunnableRoute | undefined,
  deadline: Deadline,
  { conductor }: Deps,
): Promise<RecentExecution> {
  const withinMs = Math.min(LOOK_MS, deadline.remaining());
  const turn: Turn = runnable ? turnOf(runnable, 'watch', withinMs) : { lane: 'watch', share: 'executions', withinMs };
  const known = { workflowId, requestId, principal };
  try {
    const { status, createTime, endTime } = await conductor.workflow(workflowId, false, turn);
    const began = createTime || startTime;
    const ended = endTime ? { endTime, durationMs: Math.max(0, endTime - began) } : {};
    return { ...known, status, startTime: began, ...ended };
  } catch (error) {
    if (!(error instanceof ConductorError)) throw error;
    return { ...known, status: 'UNKNOWN', startTime };
  }
}
