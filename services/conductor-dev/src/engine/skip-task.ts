import { randomUUID } from 'node:crypto';
import { unreadable } from '../errors.ts';
import type { Engine } from './engine.ts';
import { newTask } from './map-task.ts';
import { taskByReference, type Workflow } from './model.ts';

/**
 * Passes over a task that has not begun: it stands in front of all others, without a number.
 *
 * @throws {ConductorError} 500 when the workflow does not run, has no such task or has begun it, as on the real server.
 */
export async function skipTask(engine: Engine, workflow: Workflow, reference: string): Promise<void> {
  const { workflowId, plan } = workflow;
  if (workflow.status !== 'RUNNING') {
    throw unreadable(
      `The workflow ${workflowId} is not running so the task referenced by ${reference} cannot be skipped`,
    );
  }
  const planned = plan.byReference.get(reference);
  if (!planned) {
    throw unreadable(`The task referenced by ${reference} does not exist in the WorkflowDefinition ${plan.def.name}`);
  }
  if (taskByReference(workflow, reference)) {
    throw unreadable(`The task referenced ${reference} has already been processed, cannot be skipped`);
  }
  const task = newTask(workflow, planned, randomUUID(), {});
  const now = Date.now();
  Object.assign(task, {
    taskType: planned.task.name,
    status: 'SKIPPED',
    scheduledTime: now,
    startTime: 0,
    endTime: now,
  });
  workflow.tasks.unshift(task);
  await engine.evaluate(workflow);
}
