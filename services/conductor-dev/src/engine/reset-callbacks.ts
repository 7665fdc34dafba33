import { conflict } from '../errors.ts';
import type { Engine } from './engine.ts';
import { isForWorkers, isOver, type Workflow } from './model.ts';

/** Makes tasks available at once that are to be polled again only later. @throws {ConductorError} 409 when the workflow has ended. */
export function resetCallbacks(engine: Engine, workflow: Workflow): void {
  if (isOver(workflow)) throw conflict(`Workflow is in terminal state. Status = ${workflow.status}`);
  for (const task of workflow.tasks) {
    if (!isForWorkers(task) || task.status !== 'SCHEDULED' || task.callbackAfterSeconds <= 0) continue;
    task.callbackAfterSeconds = 0;
    engine.queues.push(task, 0);
  }
  engine.noteChange(workflow);
}
