import type { Engine } from './engine.ts';
import { isOver, isSuccessful, isTerminal, type Task, type Workflow } from './model.ts';

/**
 * A workflow that was started by another runs again: so do that one and those above it, and each waits for it anew. An
 * optional task has been passed over: what is above it is left alone.
 */
export function reviveParents(engine: Engine, child: Workflow): void {
  const parent = child.parentWorkflowId ? engine.store.get(child.parentWorkflowId) : undefined;
  const task = parent?.tasks.find(({ taskId }) => taskId === child.parentWorkflowTaskId);
  if (!parent || !task || task.planned.task.optional) return;
  waitAgain(task, child);
  for (const join of parent.tasks.filter(hasFailedToJoin)) {
    join.status = 'IN_PROGRESS';
    join.endTime = 0;
  }
  if (isOver(parent)) {
    const { reasonForIncompletion: reason } = parent;
    engine.reopen(parent, parent.tasks);
    // The real server leaves the reason of the end that was.
    parent.reasonForIncompletion = reason;
  }
  parent.lastRetriedTime = Date.now();
  engine.evaluate(parent).catch((error: unknown) => engine.onError(error, parent));
  reviveParents(engine, parent);
}

function waitAgain(task: Task, child: Workflow): void {
  Object.assign(task, { status: 'IN_PROGRESS', endTime: 0, executed: false, started: child } satisfies Partial<Task>);
}

function hasFailedToJoin({ type, status }: Task): boolean {
  return type === 'JOIN' && isTerminal(status) && !isSuccessful(status);
}
