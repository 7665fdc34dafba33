import { type Deadline } from '@rostrum/shared/bus';
import type { ExecutionRoute } from '@rostrum/shared/revision';
import { ConductorError, isTerminal, type Task, type Workflow, type WorkflowState } from '../domain/conductor.ts';
import { conductorProblem } from './conductor-problem.ts';
import { callTimeout, type Deps } from './context.ts';

/** What a look at a workflow showed. *task*: a task that was waited for has ended well; the workflow may go on. */
export type Seen =
  | { kind: 'running' }
  | { kind: 'task'; output: unknown; ended: boolean }
  | { kind: 'task-failed'; task: string; reason: string; ended: boolean }
  | { kind: 'ended'; state: WorkflowState };

const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 500;
/** A server that finds nothing for so long has forgotten the workflow; for a moment it may, while it restarts. */
const GONE_AFTER_MS = 2_000;

/**
 * Looks at the workflow until it has ended, or the task that the route waits for has, or the caller's time is up
 * (`running`). Failing looks are repeated until then.
 *
 * @throws {Problem} when the last look failed too, or Conductor no longer knows the workflow.
 */
export async function waitForEnd(
  workflowId: string,
  route: ExecutionRoute,
  deadline: Deadline,
  deps: Deps,
): Promise<Seen> {
  let failure: ConductorError | undefined;
  let unknownSince: number | undefined;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const timeoutMs = callTimeout(deadline, deps);
    if (timeoutMs <= 0) break;
    try {
      const seen = await look(workflowId, route, timeoutMs, deps);
      if (seen.kind !== 'running') return seen;
      failure = undefined;
      unknownSince = undefined;
    } catch (error) {
      if (!(error instanceof ConductorError)) throw error;
      failure = error;
      unknownSince = error.fault === 'not-found' ? (unknownSince ?? performance.now()) : undefined;
      if (unknownSince !== undefined && performance.now() - unknownSince >= GONE_AFTER_MS) break;
    }
    await deps.sleep(Math.min(pause, deadline.remaining()));
  }
  if (failure && failure.fault !== 'timeout') throw conductorProblem(failure, 'look at the workflow', { workflowId });
  return { kind: 'running' };
}

/** One look. @throws {ConductorError} */
export async function look(
  workflowId: string,
  route: ExecutionRoute,
  timeoutMs: number,
  { conductor }: Deps,
): Promise<Seen> {
  if (route.waitUntilTasks.length > 0) {
    return lookForTask(await conductor.workflow(workflowId, true, timeoutMs), route.waitUntilTasks);
  }
  const state = await conductor.status(workflowId, timeoutMs);
  return isTerminal(state.status) ? { kind: 'ended', state } : { kind: 'running' };
}

const failed: ReadonlySet<string> = new Set([
  'FAILED_WITH_TERMINAL_ERROR',
  'CANCELED',
  'SKIPPED',
  'FAILED',
  'TIMED_OUT',
]);

function lookForTask({ tasks = [], status, output }: Workflow, names: readonly string[]): Seen {
  const ended = isTerminal(status);
  const latest = new Map<string, Task>();
  // A task that was retried stands in the list once for each attempt, the newest last.
  for (const task of tasks) latest.set(task.referenceTaskName, task);
  const awaited = names.flatMap((name) => latest.get(name) ?? []);
  const done = awaited.find((task) => task.status === 'COMPLETED' || task.status === 'COMPLETED_WITH_ERRORS');
  if (done) return { kind: 'task', output: done.outputData ?? {}, ended };
  if (!ended) {
    // Failed attempts that Conductor will retry leave the workflow running: a failure is final when it has ended.
    return { kind: 'running' };
  }
  const broken = awaited.find((task) => failed.has(task.status));
  if (broken) {
    const { referenceTaskName, reasonForIncompletion } = broken;
    return { kind: 'task-failed', task: referenceTaskName, reason: reasonForIncompletion ?? broken.status, ended };
  }
  return { kind: 'ended', state: { status, output } };
}
