import { ConductorError } from '../errors.ts';
import { isOver, type Task, type Workflow } from './model.ts';

export interface StoreLimits {
  /** How many ended workflows are kept; the one that ended first goes first. */
  keepEnded: number;
  /** How many workflows there may be that have not ended. */
  maxRunning: number;
}

/** Workflows by id, their tasks by id, and workflows by correlation id. Of those that have ended, the last ones. */
export class WorkflowStore {
  readonly #limits: StoreLimits;
  readonly #workflows = new Map<string, Workflow>();
  readonly #tasks = new Map<string, Task>();
  readonly #correlated = new Map<string, Set<Workflow>>();
  /** In the order in which they ended. */
  readonly #ended = new Set<Workflow>();

  constructor(limits: StoreLimits) {
    this.#limits = limits;
  }

  /** @throws {ConductorError} 429 when there are as many unended ones as there may be. */
  add(workflow: Workflow): void {
    this.#makeRoom();
    this.#workflows.set(workflow.workflowId, workflow);
    this.#correlate(workflow);
  }

  get(id: string): Workflow | undefined {
    return this.#workflows.get(id);
  }

  /** All of them, in the order in which they were started. */
  all(): Iterable<Workflow> {
    return this.#workflows.values();
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

  /** Tasks that their workflow no longer has. */
  forgetTasks(tasks: Iterable<Task>): void {
    for (const task of tasks) this.#tasks.delete(task.taskId);
  }

  /** Counts an ended workflow, and drops those that ended first when there are too many. False: it was counted already. */
  noteEnd(workflow: Workflow): boolean {
    if (!this.#workflows.has(workflow.workflowId) || this.#ended.has(workflow)) return false;
    this.#ended.add(workflow);
    for (const oldest of this.#ended) {
      if (this.#ended.size <= this.#limits.keepEnded) break;
      this.remove(oldest);
    }
    return true;
  }

  /** An ended workflow is about to run again. @throws {ConductorError} 429 */
  reopen(workflow: Workflow): void {
    if (isOver(workflow)) this.#makeRoom();
    this.#ended.delete(workflow);
  }

  /** Gives a workflow another correlation id. */
  recorrelate(workflow: Workflow, correlationId: string): void {
    this.#uncorrelate(workflow);
    workflow.correlationId = correlationId;
    this.#correlate(workflow);
  }

  remove(workflow: Workflow): void {
    this.#workflows.delete(workflow.workflowId);
    this.#ended.delete(workflow);
    this.forgetTasks(workflow.tasks);
    this.#uncorrelate(workflow);
  }

  #makeRoom(): void {
    const { maxRunning } = this.#limits;
    if (this.#workflows.size - this.#ended.size < maxRunning) return;
    throw new ConductorError(
      429,
      `conductor-dev runs ${maxRunning} workflows already (CONDUCTOR_DEV_MAX_RUNNING); try again when one of them has ended`,
    );
  }

  #correlate(workflow: Workflow): void {
    if (workflow.correlationId === undefined) return;
    const key = correlationKey(workflow.plan.def.name, workflow.correlationId);
    let workflows = this.#correlated.get(key);
    if (!workflows) this.#correlated.set(key, (workflows = new Set()));
    workflows.add(workflow);
  }

  #uncorrelate(workflow: Workflow): void {
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
