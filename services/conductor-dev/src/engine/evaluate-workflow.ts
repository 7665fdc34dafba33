import { PathError } from '../expressions/json-path.ts';
import { decide, type Note, takeBack } from './decide.ts';
import { closeTask, completeWorkflow, failWorkflow } from './end-workflow.ts';
import { EndWorkflow, isForWorkers, isTerminal, type Task, type Workflow } from './model.ts';
import type { Machinery } from './machinery.ts';
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
    if (systemTasks[task.type]?.isQueued) task.notBefore = delayMs > 0 ? Date.now() + delayMs : 0;
    changed ||= isTerminal(task.status) || !isForWorkers(task);
    if (isForWorkers(task)) machinery.queues.push(task, delayMs || task.callbackAfterSeconds * 1000);
  }
  for (const { task } of schedule) {
    if (isForWorkers(task) || isTerminal(task.status) || Date.now() < task.notBefore) continue;
    begin(task);
    changed = (await systemTasks[task.type]?.run?.(task, machinery)) || changed;
    if (workflow.status !== 'RUNNING') return false;
  }
  workflow.tasks.forEach(closeTask);
  return changed;
}

function isKnown(workflow: Workflow, task: Task): boolean {
  return workflow.tasks.some((one) => one.reference === task.reference && one.retryCount === task.retryCount);
}

function addTask(workflow: Workflow, task: Task): void {
  task.seq = workflow.tasks.length + 1;
  task.firstScheduledTime ||= Date.now();
  workflow.tasks.push(task);
}

/** A retry of a task without a worker begins when it first runs. */
function begin(task: Task): void {
  if (task.status !== 'SCHEDULED') return;
  task.status = 'IN_PROGRESS';
  task.startTime = Date.now();
  task.notBefore = 0;
}
