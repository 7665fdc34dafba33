import type { Deadline } from '@rostrum/shared/bus';
import type { Outcome } from '@rostrum/shared/messages';
import { Problem } from '@rostrum/shared/problems';
import { ConductorError } from '../domain/conductor.ts';
import type { ExecutionRecord } from '../executions/records.ts';
import { asProblem } from './as-problem.ts';
import { conductorProblem } from './conductor-problem.ts';
import { type Deps, shareOf } from './context.ts';
import { settle } from './settle.ts';
import { look } from '../waiting/seen.ts';

export interface ExecutionLook {
  requestId: string;
  service: string;
  workflowId: string;
  principal: string;
}

/** How an execution stands whose caller left with its id: its answer once it has ended, *accepted* while it runs. */
export async function lookAtExecution(asked: ExecutionLook, deadline: Deadline, deps: Deps): Promise<Outcome> {
  try {
    return await answer(asked, deadline, deps);
  } catch (error) {
    return { kind: 'problem', problem: asProblem(error, asked.requestId, deps) };
  }
}

async function answer(asked: ExecutionLook, deadline: Deadline, deps: Deps): Promise<Outcome> {
  const { workflowId } = asked;
  const record = await read(workflowId, deps);
  // Another service's or another caller's answers like one that never was.
  if (record?.service !== asked.service || record.principal !== asked.principal) throw notFound();
  const runnable = await deps.revisions.get(record.service, record.revision, record.route);
  if (!runnable) {
    const detail = 'The route was changed since, and what it was then is no longer kept.';
    throw new Problem('execution-not-found', detail, { workflowId });
  }
  try {
    const turn = { lane: 'look' as const, share: shareOf(runnable), withinMs: deadline.remaining() };
    const seen = await look(workflowId, runnable.route, turn, deps.conductor);
    if (seen.kind === 'running') return { kind: 'accepted', workflowId, tracked: true };
    return await settle(
      seen,
      workflowId,
      { requestId: asked.requestId, principal: asked.principal, runnable, deadline, waitUntil: deadline },
      deps,
    );
  } catch (error) {
    throw error instanceof ConductorError ? conductorProblem(error, 'look at the workflow', { workflowId }) : error;
  }
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
