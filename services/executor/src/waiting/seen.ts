import type { ExecutionRoute } from '@rostrum/shared/revision';
import {
  type Conductor,
  isTerminal,
  type Task,
  type Turn,
  type Workflow,
  type WorkflowState,
} from '../domain/conductor.ts';

/** What a look at a workflow showed. *task*: a task that was waited for has ended well; the workflow may go on. */
export type Seen =
  | { kind: 'running' }
  | { kind: 'task'; output: unknown; ended: boolean }
  | { kind: 'task-failed'; task: string; reason: string; ended: boolean }
  | { kind: 'ended'; state: WorkflowState };

/** Whether the workflow itself has ended: nothing runs any more. */
export function hasEnded(seen: Seen): boolean {
  return seen.kind === 'ended' || (seen.kind !== 'running' && seen.ended);
}

/** One look at what a route waits for. @throws {ConductorError} */
export async function look(
  workflowId: string,
  { waitUntilTasks }: Pick<ExecutionRoute, 'waitUntilTasks'>,
  turn: Turn,
  conductor: Conductor,
): Promise<Seen> {
  if (waitUntilTasks.length > 0) {
    return lookForTask(await conductor.workflow(workflowId, true, turn), waitUntilTasks);
  }
  const state = await conductor.status(workflowId, turn);
  return isTerminal(state.status) ? { kind: 'ended', state } : { kind: 'running' };
}

const done: ReadonlySet<string> = new Set(['COMPLETED', 'COMPLETED_WITH_ERRORS']);
/** No further attempt follows these. */
const failedForGood: ReadonlySet<string> = new Set(['FAILED_WITH_TERMINAL_ERROR', 'CANCELED', 'SKIPPED']);
/** Conductor may try these again; it has given up when the workflow has ended. */
const failedAttempt: ReadonlySet<string> = new Set(['FAILED', 'TIMED_OUT']);

/**
 * The first of the tasks to have ended well, else one that never will. A task that is tried again stands in the list once
 * for each attempt, one in a loop once for each iteration (`name__2`); the newest stands last. Tasks of sub-workflows are
 * not in the list.
 */
function lookForTask({ tasks = [], status, output }: Workflow, names: readonly string[]): Seen {
  const ended = isTerminal(status);
  const latest = new Map<string, Task>();
  for (const task of tasks) latest.set(task.referenceTaskName.replace(/__\d+$/, ''), task);
  const awaited = names.flatMap((name) => latest.get(name) ?? []);
  const [first] = awaited
    .filter((task) => done.has(task.status))
    .sort((a, b) => (a.endTime ?? Number.POSITIVE_INFINITY) - (b.endTime ?? Number.POSITIVE_INFINITY));
  if (first) return { kind: 'task', output: first.outputData ?? {}, ended };
  const broken = awaited.find((task) => failedForGood.has(task.status) || (ended && failedAttempt.has(task.status)));
  if (broken) {
    const { referenceTaskName, reasonForIncompletion } = broken;
    return { kind: 'task-failed', task: referenceTaskName, reason: reasonForIncompletion ?? broken.status, ended };
  }
  return ended ? { kind: 'ended', state: { status, output } } : { kind: 'running' };
}
