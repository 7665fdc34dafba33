import { type Deadline } from '@rostrum/shared/bus';
import type { ExecutionRoute } from '@rostrum/shared/revision';
import { isTerminal, type Task, type Workflow, type WorkflowState } from '../conductor/client.ts';
import { ConductorError } from '../conductor/errors.ts';
import { toProblem } from '../conductor/problems.ts';
import { callTimeout, type Deps } from './context.ts';

/** What a look at a workflow showed. *task*: a task that was waited for has ended well; the workflow may go on. */
export type Look =
  | { kind: 'running' }
  | { kind: 'task'; output: unknown; ended: boolean }
  | { kind: 'task-failed'; task: string; reason: string; ended: boolean }
  | { kind: 'ended'; state: WorkflowState };

const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 500;
/** So many looks in a row that find nothing mean that the server has forgotten the workflow. */
const GONE_AFTER = 3;

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
): Promise<Look> {
  let failure: ConductorError | undefined;
  let unknown = 0;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const timeoutMs = callTimeout(deadline, deps);
    if (timeoutMs <= 0) break;
    try {
      const seen = await look(workflowId, route, timeoutMs, deps);
      if (seen.kind !== 'running') return seen;
      failure = undefined;
      unknown = 0;
    } catch (error) {
      if (!(error instanceof ConductorError)) throw error;
      failure = error;
      unknown = error.fault === 'not-found' ? unknown + 1 : 0;
      if (unknown === GONE_AFTER) break;
    }
    await deps.sleep(Math.min(pause, deadline.remaining()));
  }
  if (failure && (failure.fault !== 'timeout' || unknown > 0))
    throw toProblem(failure, 'look at the workflow', { workflowId });
  return { kind: 'running' };
}

/** One look. @throws {ConductorError} */
export async function look(
  workflowId: string,
  route: ExecutionRoute,
  timeoutMs: number,
  { conductor }: Deps,
): Promise<Look> {
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

function lookForTask({ tasks = [], status, output }: Workflow, names: readonly string[]): Look {
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
