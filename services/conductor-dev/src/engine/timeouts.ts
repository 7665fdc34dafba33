import { EndWorkflow, isForWorkers, isTerminal, type Task, type Workflow } from './model.ts';

/** @throws {EndWorkflow} when a workflow with `timeoutPolicy` TIME_OUT_WF has taken longer than its `timeoutSeconds`. */
export function checkWorkflowTimeout(workflow: Workflow, now: number): void {
  const at = workflowTimeoutAt(workflow);
  if (at === undefined || now < at) return;
  const { timeoutSeconds, timeoutPolicy } = workflow.plan.def;
  const elapsed = Math.floor((now - workflow.createTime) / 1000);
  throw new EndWorkflow(
    `Workflow timed out after ${elapsed} seconds. Timeout configured as ${timeoutSeconds} seconds. Timeout policy configured to ${timeoutPolicy}`,
    'TIMED_OUT',
  );
}

/**
 * Marks a task that has taken too long: in total, since it was started, to be polled, or to be heard of.
 *
 * @throws {EndWorkflow} when its `timeoutPolicy` is TIME_OUT_WF (a response timeout is always retried instead).
 */
export function checkTaskTimeouts(task: Task, now: number): void {
  const { taskDef } = task.planned;
  const seconds = (since: number) => Math.floor((now - since) / 1000);
  const policy = taskDef.timeoutPolicy;
  for (const [kind, at] of deadlines(task)) {
    if (now < at || isTerminal(task.status)) continue;
    if (kind === 'response') {
      task.status = 'TIMED_OUT';
      task.reasonForIncompletion = `responseTimeout: ${taskDef.responseTimeoutSeconds} exceeded for the taskId: ${task.taskId} with Task Definition: ${task.taskDefName}`;
      continue;
    }
    if (policy === 'ALERT_ONLY') continue;
    task.status = 'TIMED_OUT';
    task.reasonForIncompletion = {
      total: `Task ${task.taskDefName}/${task.taskId} exceeded total timeout of ${taskDef.totalTimeoutSeconds} seconds (elapsed ${seconds(task.firstScheduledTime)} seconds across all attempts including retry delays). Timeout policy: ${policy}`,
      run: `Task timed out after ${seconds(task.startTime + task.startDelayInSeconds * 1000)} seconds. Timeout configured as ${taskDef.timeoutSeconds} seconds. Timeout policy configured to ${policy}`,
      poll: `Task poll timed out after ${seconds(task.scheduledTime + task.startDelayInSeconds * 1000)} seconds. Poll timeout configured as ${taskDef.pollTimeoutSeconds} seconds. Timeout policy configured to ${policy}`,
    }[kind];
    if (policy === 'TIME_OUT_WF') throw new EndWorkflow(task.reasonForIncompletion, 'TIMED_OUT', task);
  }
}

/**
 * When the workflow is to be looked at although nobody called: its earliest timeout, end of a WAIT or of a delay. While a
 * HUMAN task is open the real server looks for no timeouts: nothing times out until somebody reports a result.
 */
export function nextWake(workflow: Workflow): number | undefined {
  const open = workflow.tasks.filter((task) => !isTerminal(task.status));
  const times = open.flatMap(({ waitUntil, notBefore }) => [waitUntil, notBefore]).filter((at) => at > 0);
  if (!open.some((task) => task.type === 'HUMAN' && task.status === 'IN_PROGRESS')) {
    const timeout = workflowTimeoutAt(workflow);
    if (timeout !== undefined) times.push(timeout);
    for (const task of open) {
      for (const [kind, at] of deadlines(task)) {
        if (kind === 'response' || task.planned.taskDef.timeoutPolicy !== 'ALERT_ONLY') times.push(at);
      }
    }
  }
  return times.length > 0 ? Math.min(...times) : undefined;
}

function workflowTimeoutAt({ createTime, plan: { def } }: Workflow): number | undefined {
  return def.timeoutSeconds > 0 && def.timeoutPolicy === 'TIME_OUT_WF'
    ? createTime + def.timeoutSeconds * 1000
    : undefined;
}

/** The moments (ms since the epoch) from which a task is late, in the order the real server looks at them. */
function deadlines(task: Task): [kind: 'total' | 'run' | 'poll' | 'response', at: number][] {
  const { totalTimeoutSeconds, timeoutSeconds, pollTimeoutSeconds = 0, responseTimeoutSeconds } = task.planned.taskDef;
  const found: ReturnType<typeof deadlines> = [];
  const callback = task.callbackAfterSeconds;
  if (totalTimeoutSeconds > 0 && task.firstScheduledTime > 0) {
    found.push(['total', task.firstScheduledTime + totalTimeoutSeconds * 1000]);
  }
  if (timeoutSeconds > 0 && task.startTime > 0) {
    found.push(['run', task.startTime + (task.startDelayInSeconds + timeoutSeconds) * 1000]);
  }
  // Of tasks without a worker nobody expects a sign of life.
  if (!isForWorkers(task)) return found;
  if (pollTimeoutSeconds > 0 && task.status === 'SCHEDULED') {
    found.push(['poll', task.scheduledTime + (task.startDelayInSeconds + pollTimeoutSeconds + callback) * 1000]);
  }
  if (responseTimeoutSeconds > 0 && task.status === 'IN_PROGRESS') {
    found.push(['response', task.updateTime + (responseTimeoutSeconds + callback) * 1000]);
  }
  return found;
}
