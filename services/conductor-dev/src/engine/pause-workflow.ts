import { conflict, unreadable } from '../errors.ts';
import type { Engine } from './engine.ts';
import { isOver, type Workflow } from './model.ts';

/**
 * Stops a workflow from going on. Workers still get the tasks that are scheduled, and their results are taken; what
 * follows waits, and nothing times out.
 *
 * @throws {ConductorError} 409 when it has ended.
 */
export async function pauseWorkflow(engine: Engine, workflow: Workflow): Promise<void> {
  await engine.settled(workflow);
  const { def } = workflow.plan;
  if (isOver(workflow)) {
    throw conflict(`Workflow ${def.name}.${def.version}/${workflow.workflowId} has ended, status cannot be updated.`);
  }
  if (workflow.status === 'PAUSED') return;
  workflow.status = 'PAUSED';
  engine.noteChange(workflow);
  engine.announce(workflow, 'PAUSED');
}

/** Lets it go on. @throws {ConductorError} 500 when it is not paused, as on the real server. */
export async function resumeWorkflow(engine: Engine, workflow: Workflow): Promise<void> {
  if (workflow.status !== 'PAUSED') {
    throw unreadable(
      `The workflow ${workflow.workflowId} is not PAUSED so cannot resume. Current status is ${workflow.status}`,
    );
  }
  workflow.status = 'RUNNING';
  workflow.lastRetriedTime = Date.now();
  engine.announce(workflow, 'RESUMED');
  await engine.evaluate(workflow);
}
