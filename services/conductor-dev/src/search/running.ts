import type { Engine } from '../engine/engine.ts';
import { isOver, type Workflow } from '../engine/model.ts';

/**
 * The ids of a workflow's executions, sorted: those that have not ended or, when the window has both ends (ms), all that
 * were started in it.
 */
export function runningIds(engine: Engine, name: string, [from, to]: readonly [number, number]): string[] {
  const inWindow = ({ createTime }: Workflow) => createTime >= from && createTime <= to;
  const found: string[] = [];
  for (const workflow of engine.store.all()) {
    if (workflow.plan.def.name !== name) continue;
    if (from !== 0 && to !== 0 ? inWindow(workflow) : !isOver(workflow)) found.push(workflow.workflowId);
  }
  return found.sort();
}
