import { PathError } from '../expressions/json-path.ts';
import type { BackgroundTasks } from './background-tasks.ts';
import { decide, type Note, takeBack } from './decide.ts';
import { closeTask, completeWorkflow, failWorkflow } from './end-workflow.ts';
import { EndWorkflow, isInBackground, isForWorkers, isQueued, isTerminal, type Task, type Workflow } from './model.ts';
import type { TaskQueues } from './queues.ts';
import { runSystemTask } from './run-system-task.ts';
import type { Tools } from './tools.ts';

export interface Machinery extends Tools {
  queues: TaskQueues;
  background: BackgroundTasks;
}

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
      const decision = await decide(machinery.scripts, workflow, notes);
      if (workflow.status !== 'RUNNING') return;
      if (decision.complete) {
        completeWorkflow(workflow, decision.terminateTask);
        takeBack(notes);
        // Of a TERMINATE task that is no success the real server stores what was noted.
        const { terminateTask } = decision;
        if (terminateTask) terminateTask.executed = terminateTask.inputData.terminationStatus !== 'COMPLETED';
      } else changed = await carryOut(machinery, workflow, decision.schedule);
    }
  } catch (error) {
    // The workflow may have been terminated while a script ran.
    if (workflow.status !== 'RUNNING') return;
    if (error instanceof PathError) failWorkflow(workflow, new EndWorkflow(error.message, 'FAILED'));
    else if (error instanceof EndWorkflow) failWorkflow(workflow, error);
    else {
      takeBack(notes);
      throw error;
    }
    takeBack(notes);
  }
}

/** True when the state changed, so that there is more to decide. */
async function carryOut(machinery: Machinery, workflow: Workflow, schedule: { task: Task; delayMs: number }[]) {
  let changed = false;
  for (const { task, delayMs } of schedule) {
    if (isKnown(workflow, task)) continue;
    addTask(workflow, task);
    changed ||= isTerminal(task.status) || !isQueued(task);
    if (isTerminal(task.status)) continue;
    if (isForWorkers(task)) machinery.queues.push(task, delayMs || task.callbackAfterSeconds * 1000);
    else if (isInBackground(task)) machinery.background.schedule(task, delayMs);
  }
  for (const { task } of schedule) {
    if (isQueued(task) || isTerminal(task.status)) continue;
    changed = (await runSystemTask(machinery, task)) || changed;
    if (workflow.status !== 'RUNNING') return false;
  }
  workflow.tasks.forEach(closeTask);
  return changed;
}

function isKnown(workflow: Workflow, task: Task): boolean {
  return workflow.tasks.some((one) => one.reference === task.reference && one.retryCount === task.retryCount);
}

function addTask(workflow: Workflow, task: Task): void {
  const now = Date.now();
  // A task that was skipped has number 0 and stands in front.
  task.seq = (workflow.tasks.at(-1)?.seq ?? 0) + 1;
  task.firstScheduledTime ||= now;
  if (!isQueued(task) && task.status === 'SCHEDULED') {
    task.status = 'IN_PROGRESS';
    task.startTime = now;
  }
  workflow.tasks.push(task);
}
