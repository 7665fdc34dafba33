import type { Engine } from '../engine/engine.ts';
import { isTerminal, type Task, type Workflow } from '../engine/model.ts';
import { type Index, sqlTime } from './search.ts';
import { taskSummary, workflowSummary } from './summaries.ts';

export function workflowIndex(engine: Engine): Index<Workflow> {
  return {
    rows: engine.store.all(),
    columns: {
      workflow_id: ({ workflowId }) => workflowId,
      correlation_id: ({ correlationId }) => correlationId,
      workflow_type: ({ plan }) => plan.def.name,
      start_time: ({ createTime }) => sqlTime(createTime),
      update_time: ({ updateTime }) => sqlTime(updateTime),
      status: ({ status }) => status,
      parent_workflow_id: () => '',
    },
    text: (workflow) => JSON.stringify(workflowSummary(workflow)),
  };
}

/** Tasks that have ended: the real server knows no others here. */
export function taskIndex(engine: Engine): Index<Task> {
  return {
    rows: endedTasks(engine),
    columns: {
      task_id: ({ taskId }) => taskId,
      task_type: ({ taskType }) => taskType,
      task_def_name: ({ taskDefName }) => taskDefName,
      status: ({ status }) => status,
      start_time: ({ startTime }) => sqlTime(startTime),
      update_time: ({ updateTime }) => sqlTime(updateTime),
      workflow_type: ({ workflow }) => workflow.plan.def.name,
    },
    text: (task) => JSON.stringify(taskSummary(task)),
  };
}

function* endedTasks(engine: Engine): Generator<Task> {
  for (const { tasks } of engine.store.all()) {
    for (const task of tasks) if (isTerminal(task.status)) yield task;
  }
}
