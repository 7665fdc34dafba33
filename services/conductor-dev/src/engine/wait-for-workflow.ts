import { isOver, isTerminal, type Task, type Workflow } from './model.ts';
import type { Timers } from './timers.ts';

export interface WaitResult {
  /** What ended the wait before the workflow did: open WAIT tasks without a time, and finished ones that were asked for. */
  blocking: Task[];
  /** The time was over first. */
  timedOut: boolean;
}

/**
 * Waits until a workflow has ended, a task under one of the reference names has, or a WAIT task waits for a signal: seen
 * on Conductor OSS 3.32.3, where an open HUMAN task does not end the wait. `signal` ends it too, as if time were over.
 */
export async function waitForWorkflow(
  timers: Timers,
  workflow: Workflow,
  references: ReadonlySet<string>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<WaitResult> {
  const isDone = () => isOver(workflow) || blockingTasks(workflow, references).length > 0;
  let timedOut = false;
  if (!isDone() && !signal.aborted) {
    await new Promise<void>((resolve) => {
      const stop = () => {
        cancel();
        workflow.watchers.delete(look);
        signal.removeEventListener('abort', stop);
        resolve();
      };
      const look = () => {
        if (isDone()) stop();
      };
      const cancel = timers.add(Date.now() + timeoutMs, stop);
      workflow.watchers.add(look);
      signal.addEventListener('abort', stop);
    });
    timedOut = !isDone();
  }
  return { blocking: timedOut ? [] : blockingTasks(workflow, references), timedOut };
}

function blockingTasks(workflow: Workflow, references: ReadonlySet<string>): Task[] {
  return workflow.tasks.filter((task) => {
    const waits = task.taskType === 'WAIT' && !isTerminal(task.status) && task.waitUntil === 0;
    return waits || (references.has(task.reference) && isTerminal(task.status));
  });
}
