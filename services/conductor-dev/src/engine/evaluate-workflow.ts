import { PathError } from '../expressions/json-path.ts';
import { decide, type Note, takeBack } from './decide.ts';
import { closeTask, completeWorkflow, failWorkflow } from './end-workflow.ts';
import { domainOf } from './domains.ts';
import { startFailureWorkflow } from './failure-workflow.ts';
import { EndWorkflow, isForWorkers, isInBackground, isTerminal, runsApart, type Task, type Workflow } from './model.ts';
import type { Machinery } from './machinery.ts';
import { mapTasks } from './map-task.ts';
import type { RunContext } from './system-task.ts';
import { systemTasks } from './tasks/index.ts';

/**
 * Takes a workflow as far as it goes without a worker, a signal or time passing: decides, schedules, runs tasks that
 * need no worker, until nothing changes. To be called for one workflow only once at a time.
 *
 * @throws {ConductorError} for a fault of the definition that the real server reports to whoever brought the workflow here.
 */
export async function evaluateWorkflow(machinery: Machinery, workflow: Workflow): Promise<void> {
  let notes: Note[] = [];
  try {
    for (let changed = true; changed && workflow.status === 'RUNNING'; ) {
      notes = [];
      const decision = await decide(machinery, workflow, notes);
      if (workflow.status !== 'RUNNING') return;
      if (decision.complete) {
        completeWorkflow(workflow, decision.terminateTask);
        takeBack(notes);
        // Of a TERMINATE task that is no success the real server stores what was noted.
        const { terminateTask } = decision;
        if (terminateTask) terminateTask.executed = terminateTask.inputData.terminationStatus !== 'COMPLETED';
        startFailureWorkflow(machinery, workflow, terminateTask);
      } else changed = await carryOut(machinery, workflow, decision.schedule);
    }
  } catch (error) {
    // The workflow may have been terminated while a script ran.
    if (workflow.status !== 'RUNNING') return;
    takeBack(notes);
    const end = error instanceof PathError ? new EndWorkflow(error.message, 'FAILED') : error;
    if (!(end instanceof EndWorkflow)) throw error;
    failWorkflow(workflow, end);
    startFailureWorkflow(machinery, workflow, end.task);
  }
}

/** True when the state changed, so that there is more to decide. */
async function carryOut(machinery: Machinery, workflow: Workflow, schedule: { task: Task; delayMs: number }[]) {
  let changed = false;
  const add = (task: Task, delayMs = 0) => {
    if (isKnown(workflow, task)) return;
    addTask(machinery, workflow, task, delayMs);
    changed ||= isTerminal(task.status) || !runsApart(task);
  };
  for (const { task, delayMs } of schedule) add(task, delayMs);
  const context: RunContext = {
    machinery,
    mapTasks: (place, iteration) => mapTasks(machinery, workflow, place, iteration),
    schedule: (tasks) => tasks.forEach((task) => add(task)),
  };
  for (const { task } of schedule) {
    if (runsApart(task) || isTerminal(task.status) || Date.now() < task.notBefore) continue;
    begin(task);
    changed = (await systemTasks[task.type]?.run?.(task, context)) || changed;
    if (workflow.status !== 'RUNNING') return false;
  }
  workflow.tasks.forEach(closeTask);
  if (!changed) for (const { task } of schedule) if (!isTerminal(task.status)) systemTasks[task.type]?.atRest?.(task);
  return changed;
}

function isKnown(workflow: Workflow, task: Task): boolean {
  return workflow.tasks.some((one) => one.reference === task.reference && one.retryCount === task.retryCount);
}

function addTask({ queues, background }: Machinery, workflow: Workflow, task: Task, delayMs: number): void {
  const now = Date.now();
  // A task that was skipped has number 0 and stands in front.
  task.seq = (workflow.tasks.at(-1)?.seq ?? 0) + 1;
  task.firstScheduledTime ||= now;
  workflow.tasks.push(task);
  if (isForWorkers(task)) {
    const { taskType } = task;
    task.domain = domainOf(workflow.taskToDomain, taskType, (domain) => queues.isPolled(taskType, domain));
    queues.push(task, delayMs || task.callbackAfterSeconds * 1000);
  } else if (isInBackground(task) && !isTerminal(task.status)) {
    background.schedule(task, delayMs || task.callbackAfterSeconds * 1000);
  }
  if (delayMs > 0 && systemTasks[task.type]?.isQueued) task.notBefore = now + delayMs;
}

/** A retry of a task without a worker begins when it first runs. */
function begin(task: Task): void {
  task.notBefore = 0;
  if (task.status !== 'SCHEDULED') return;
  task.status = 'IN_PROGRESS';
  task.startTime = Date.now();
}
