import type { Plan } from '../definitions/plan.ts';
import type { Json } from '../definitions/types.ts';
import { badRequest, conflict, notFound } from '../errors.ts';
import type { Engine } from './engine.ts';
import { isOver, isSuccessful, isTerminal, runsApart, type Task, type Workflow } from './model.ts';
import { nextAttempt } from './retry.ts';
import { reviveParents } from './revive-parents.ts';

/**
 * Tries again what failed, was cancelled or timed out in a workflow that has ended: each such task gets a new attempt,
 * at once and whatever its definition says of retries.
 *
 * @throws {ConductorError} 404 when the workflow has not ended, 409 when there is nothing to try again.
 */
export async function retryWorkflow(engine: Engine, workflow: Workflow): Promise<void> {
  await engine.settled(workflow);
  if (!isOver(workflow)) throw notFound(`Workflow is still running.  status=${workflow.status}`);
  if (workflow.tasks.length === 0) throw conflict('Workflow has not started yet');
  const { again, reopened } = tasksToRetry(workflow);
  if (again.length === 0 && workflow.status !== 'TIMED_OUT') {
    throw conflict('There are no retryable tasks! Use restart if you want to attempt entire workflow execution again.');
  }
  engine.reopen(workflow, workflow.tasks);
  workflow.lastRetriedTime = Date.now();
  for (const task of reopened) task.status = 'IN_PROGRESS';
  for (const task of again) {
    task.executed = true;
    const next = { ...nextAttempt(task, 0), reasonForIncompletion: undefined };
    next.seq = (workflow.tasks.at(-1)?.seq ?? 0) + 1;
    workflow.tasks.push(next);
    engine.enqueue(next);
  }
  engine.announce(workflow, 'RETRIED');
  await engine.evaluate(workflow);
  reviveParents(engine, workflow);
}

/** What a retry of sub-workflows begins with: the workflow itself, or the innermost one that what failed in it has started. */
export function innermostFailure(engine: Engine, workflow: Workflow): Workflow {
  const failed = workflow.tasks.find(({ status }) => isTerminal(status) && !isSuccessful(status));
  const started = failed?.subWorkflowId ? engine.store.get(failed.subWorkflowId) : undefined;
  return started ? innermostFailure(engine, started) : workflow;
}

/** The last attempt under each reference name that was no success; what only gathers others is opened again instead. */
function tasksToRetry(workflow: Workflow): { again: Task[]; reopened: Task[] } {
  const again = new Map<string, Task>();
  const reopened: Task[] = [];
  for (const task of workflow.tasks) {
    const gathers = task.taskType === 'JOIN' || task.taskType === 'DO_WHILE';
    if (task.status === 'CANCELED' && gathers) reopened.push(task);
    else if (['FAILED', 'FAILED_WITH_TERMINAL_ERROR', 'TIMED_OUT', 'CANCELED'].includes(task.status)) {
      again.set(task.reference, task);
    } else again.delete(task.reference);
  }
  return { again: [...again.values()], reopened };
}

/**
 * Runs an ended workflow from its beginning, by the definitions it was started with or by `latest`.
 *
 * @throws {ConductorError} 409 when it has not ended, 404 when it has completed and may not be restarted.
 */
export async function restartWorkflow(engine: Engine, workflow: Workflow, latest: (() => Plan) | undefined) {
  await engine.settled(workflow);
  if (!isOver(workflow)) throw conflict(`Workflow: ${nameOf(workflow)} is not in terminal state, unable to restart.`);
  const plan = latest?.() ?? workflow.plan;
  if (plan.def.restartable === false && workflow.status === 'COMPLETED') {
    throw notFound(`Workflow: ${nameOf(workflow)} is non-restartable`);
  }
  engine.reopen(workflow, []);
  workflow.plan = plan;
  workflow.createTime = Date.now();
  workflow.endTime = 0;
  workflow.lastRetriedTime = 0;
  workflow.output = {};
  engine.announce(workflow, 'RESTARTED');
  await engine.evaluate(workflow);
  reviveParents(engine, workflow);
}

export interface Rerun {
  /** The task to run from; without it the whole workflow runs again. */
  taskId: string | undefined;
  taskInput: Json | undefined;
  workflowInput: Json | undefined;
  correlationId: string | undefined;
}

/**
 * Runs an ended workflow again from one of its tasks: what came after it is forgotten.
 *
 * @throws {ConductorError} 409 when it has not ended, 400 when it has no such task.
 */
export async function rerunWorkflow(engine: Engine, workflow: Workflow, rerun: Rerun): Promise<void> {
  await engine.settled(workflow);
  if (!isOver(workflow)) throw conflict(`Workflow: ${nameOf(workflow)} is not in terminal state, unable to rerun.`);
  const { taskId, taskInput, workflowInput, correlationId } = rerun;
  const from = taskId === undefined ? undefined : workflow.tasks.find((task) => task.taskId === taskId);
  if (taskId !== undefined && !from) throw badRequest(`Task ${taskId} not found`);
  engine.reopen(
    workflow,
    workflow.tasks.filter(({ seq }) => from && seq <= from.seq),
  );
  workflow.failed = [];
  if (workflowInput) workflow.input = workflowInput;
  if (correlationId !== undefined) engine.store.recorrelate(workflow, correlationId);
  if (from) {
    if (taskInput) from.inputData = taskInput;
    beginAgain(from);
    engine.enqueue(from);
  }
  engine.announce(workflow, from ? 'RETRIED' : 'RERAN');
  await engine.evaluate(workflow);
  reviveParents(engine, workflow);
}

/** As the real server does it, an earlier reason stays. */
function beginAgain(task: Task): void {
  const queued = runsApart(task);
  Object.assign(task, {
    status: queued ? 'SCHEDULED' : 'IN_PROGRESS',
    outputData: {},
    scheduledTime: Date.now(),
    startTime: queued ? 0 : Date.now(),
    updateTime: 0,
    endTime: 0,
    pollCount: 0,
    retried: false,
    executed: false,
    started: undefined,
    subWorkflowId: undefined,
  } satisfies Partial<Task>);
}

function nameOf({ plan: { def }, workflowId, status }: Workflow): string {
  return `${def.name}.${def.version}/${workflowId}.${status}`;
}
