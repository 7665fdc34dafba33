import type { Task, Workflow } from './model.ts';

/** Workflows by id, their tasks by id, and workflows by correlation id. Of those that have ended, the last ones. */
export class WorkflowStore {
  readonly #keepEnded: number;
  readonly #workflows = new Map<string, Workflow>();
  readonly #tasks = new Map<string, Task>();
  readonly #correlated = new Map<string, Set<Workflow>>();
  /** In the order in which they ended. */
  readonly #ended = new Set<Workflow>();

  constructor(keepEnded: number) {
    this.#keepEnded = keepEnded;
  }

  add(workflow: Workflow): void {
    this.#workflows.set(workflow.workflowId, workflow);
    if (workflow.correlationId === undefined) return;
    const key = correlationKey(workflow.plan.def.name, workflow.correlationId);
    let workflows = this.#correlated.get(key);
    if (!workflows) this.#correlated.set(key, (workflows = new Set()));
    workflows.add(workflow);
  }

  get(id: string): Workflow | undefined {
    return this.#workflows.get(id);
  }

  task(id: string): Task | undefined {
    return this.#tasks.get(id);
  }

  correlated(name: string, correlationId: string): Workflow[] {
    return [...(this.#correlated.get(correlationKey(name, correlationId)) ?? [])];
  }

  /** Makes tasks that are new findable. */
  noteTasks(workflow: Workflow): void {
    if (!this.#workflows.has(workflow.workflowId)) return;
    for (const task of workflow.tasks) this.#tasks.set(task.taskId, task);
  }

  /** Makes a task that its workflow no longer has unknown. */
  forgetTask(task: Task): void {
    this.#tasks.delete(task.taskId);
  }

  /** Counts an ended workflow, and drops those that ended first when there are too many. */
  noteEnd(workflow: Workflow): void {
    this.#ended.add(workflow);
    for (const oldest of this.#ended) {
      if (this.#ended.size <= this.#keepEnded) break;
      this.remove(oldest);
    }
  }

  remove(workflow: Workflow): void {
    this.#workflows.delete(workflow.workflowId);
    this.#ended.delete(workflow);
    for (const task of workflow.tasks) this.#tasks.delete(task.taskId);
    if (workflow.correlationId === undefined) return;
    const key = correlationKey(workflow.plan.def.name, workflow.correlationId);
    const workflows = this.#correlated.get(key);
    workflows?.delete(workflow);
    if (workflows?.size === 0) this.#correlated.delete(key);
  }
}

function correlationKey(name: string, correlationId: string): string {
  return JSON.stringify([name, correlationId]);
}
