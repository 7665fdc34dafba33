import type { Plan } from '../definitions/plan.ts';
import type { Json, WorkflowDef } from '../definitions/types.ts';
import type { BackgroundTasks } from './background-tasks.ts';
import type { Task, Workflow } from './model.ts';
import type { TaskQueues } from './queues.ts';
import type { Tools } from './tools.ts';

/** Where the definitions of workflows that others start come from. */
export interface Definitions {
  /** @throws {ConductorError} 404 when there is no such workflow. */
  plan(name: string, version: number | undefined): Plan;
  planOf(def: WorkflowDef): Plan;
  /** The latest version when `version` is undefined. */
  findWorkflow(name: string, version: number | undefined): WorkflowDef | undefined;
}

/** What a workflow starts with. */
export interface StartRequest {
  input: Json;
  correlationId: string | undefined;
  priority: number;
  createdBy: string | undefined;
  taskToDomain?: Json;
  /** The workflow and its SUB_WORKFLOW task that start this one. */
  parentWorkflowId?: string;
  parentWorkflowTaskId?: string;
}

/** What running tasks takes, apart from the workflow itself. */
export interface Machinery extends Tools {
  queues: TaskQueues;
  background: BackgroundTasks;
  definitions: Definitions;
  /** A new workflow, which begins in a later turn of the event loop. `started` rejects when its start is refused: then it is gone. */
  startWorkflow(plan: Plan, request: StartRequest): { workflow: Workflow; started: Promise<void> };
  /** Looks at a workflow again, in the background. */
  wake(workflow: Workflow): void;
  /** The workflow as clients see it. */
  describe(workflow: Workflow): Json;
  /** Makes a task that its workflow no longer has unknown. */
  forgetTask(task: Task): void;
}
