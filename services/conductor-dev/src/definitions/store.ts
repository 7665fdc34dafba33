import { ConductorError, conflict, notFound, refuseIfAny, type Violation } from '../errors.ts';
import { makePlan, type Plan } from './plan.ts';
import { readTaskDef, taskDefViolations } from './task-def.ts';
import type { TaskDef, WorkflowDef } from './types.ts';
import { type CheckScript, scriptFaults } from './validate-scripts.ts';
import { workflowDefViolations } from './validate.ts';
import { readWorkflowDef } from './workflow-def.ts';

interface Stored {
  def: WorkflowDef;
  plan: Plan | undefined;
}

/** What a name and version are in lists. */
export interface WorkflowDefSummary {
  name: string;
  version: number;
  createTime: number;
  updateTime: number;
}

/** Definitions of workflows and tasks, in memory. */
export class DefinitionStore {
  readonly #workflows = new Map<string, Map<number, Stored>>();
  readonly #tasks = new Map<string, TaskDef>();
  readonly #checkScript: CheckScript;

  constructor(checkScript: CheckScript) {
    this.#checkScript = checkScript;
  }

  /** @throws {ConductorError} 409 when it is there and `overwrite` is false, 400 when it is not valid. */
  async createWorkflow(body: unknown, overwrite: boolean): Promise<void> {
    const def = readWorkflowDef(body);
    const exists = this.#workflows.get(def.name)?.has(def.version) ?? false;
    if (exists && !overwrite) throw conflict(`Workflow with ${def.name}.${def.version} already exists!`);
    const operation = exists ? 'updateWorkflowDef' : 'registerWorkflowDef';
    refuseIfAny(await this.#violations(def, `${operation}.arg0`));
    this.#put(exists ? { ...def, updateTime: Date.now() } : { ...def, createTime: Date.now() });
  }

  /** @throws {ConductorError} 400 when it is not valid. */
  async validateWorkflow(body: unknown): Promise<void> {
    refuseIfAny(await this.#violations(readWorkflowDef(body), 'validateWorkflowDef.arg0'));
  }

  /** Creates or replaces all of them, or none when one is not valid; gives their names. */
  async updateWorkflows(bodies: readonly unknown[]): Promise<string[]> {
    if (bodies.length === 0) refuseIfAny([{ path: 'updateWorkflowDef.arg0', message: 'WorkflowDefList is empty' }]);
    const defs = bodies.map(readWorkflowDef);
    const violations = defs.map((def, index) => this.#violations(def, `updateWorkflowDef.arg0[${index}]`));
    refuseIfAny((await Promise.all(violations)).flat());
    for (const def of defs) this.#put({ ...def, updateTime: Date.now() });
    return defs.map((def) => def.name);
  }

  async #violations(def: WorkflowDef, path: string): Promise<Violation[]> {
    return workflowDefViolations(def, path, await scriptFaults(def, this.#checkScript));
  }

  #put(def: WorkflowDef): void {
    let versions = this.#workflows.get(def.name);
    if (!versions) this.#workflows.set(def.name, (versions = new Map()));
    versions.set(def.version, { def, plan: undefined });
  }

  /** The latest version when `version` is undefined. */
  findWorkflow(name: string, version: number | undefined): WorkflowDef | undefined {
    return this.#find(name, version)?.def;
  }

  #find(name: string, version: number | undefined): Stored | undefined {
    const versions = this.#workflows.get(name);
    return versions?.get(version ?? Math.max(...versions.keys()));
  }

  /**
   * What a workflow that starts now runs: task definitions are those registered now.
   *
   * @throws {ConductorError} 404 when there is no such workflow.
   */
  plan(name: string, version: number | undefined): Plan {
    const stored = this.#find(name, version);
    if (!stored) throw notFound(`No such workflow defined. name=${name}, version=${version ?? null}`);
    stored.plan ??= makePlan(stored.def, (task) => this.#tasks.get(task));
    return stored.plan;
  }

  /** The same for a definition that is registered nowhere. */
  planOf(def: WorkflowDef): Plan {
    return makePlan(def, (task) => this.#tasks.get(task));
  }

  /** The same for one that stands in a start request. @throws {ConductorError} 400 when it is not valid. */
  async planGiven(body: unknown): Promise<Plan> {
    const def = readWorkflowDef(body);
    refuseIfAny(await this.#violations(def, 'startWorkflow.arg0.workflowDef'));
    return this.planOf(def);
  }

  allWorkflows(): WorkflowDef[] {
    return [...this.#workflows.values()].flatMap((versions) => [...versions.values()].map(({ def }) => def));
  }

  latestWorkflows(): WorkflowDef[] {
    return [...this.#workflows.keys()].flatMap((name) => this.findWorkflow(name, undefined) ?? []);
  }

  summaries(name: string): WorkflowDefSummary[] {
    const versions = [...(this.#workflows.get(name)?.values() ?? [])].sort((a, b) => a.def.version - b.def.version);
    return versions.map(({ def: { version, createTime, updateTime } }) => ({ name, version, createTime, updateTime }));
  }

  workflowNames(): string[] {
    return [...this.#workflows.keys()];
  }

  /** Workflows already started keep it. @throws {ConductorError} 500 when there is none, as on the real server. */
  removeWorkflow(name: string, version: number): void {
    const versions = this.#workflows.get(name);
    if (!versions?.delete(version)) {
      throw new ConductorError(500, `No such workflow definition: ${name} version: ${version}`);
    }
    if (versions.size === 0) this.#workflows.delete(name);
  }

  /** Creates or replaces all of them, or none when one is not valid. */
  createTasks(bodies: readonly unknown[]): void {
    if (bodies.length === 0) refuseIfAny([{ path: 'registerTaskDef.arg0', message: 'TaskDefList is empty' }]);
    const defs = bodies.map(readTaskDef);
    refuseIfAny(defs.flatMap((def, index) => taskDefViolations(def, `registerTaskDef.arg0[${index}]`)));
    for (const def of defs) this.#tasks.set(def.name, { ...def, createTime: Date.now(), createdBy: '' });
    this.#forgetPlans();
  }

  /** @throws {ConductorError} 404 when there is no such task definition. */
  updateTask(body: unknown): void {
    const def = readTaskDef(body);
    refuseIfAny(taskDefViolations(def, 'updateTaskDef.arg0'));
    const existing = this.#tasks.get(def.name);
    if (!existing) throw notFound(`No such task by name ${def.name}`);
    const { createTime, createdBy } = existing;
    this.#tasks.set(def.name, { ...def, createTime, createdBy, updateTime: Date.now(), updatedBy: '' });
    this.#forgetPlans();
  }

  /** @throws {ConductorError} 404 */
  task(name: string): TaskDef {
    const def = this.#tasks.get(name);
    if (!def) throw notFound(`No such taskType found by name: ${name}`);
    return def;
  }

  allTasks(): TaskDef[] {
    return [...this.#tasks.values()];
  }

  /** @throws {ConductorError} 500 when there is none, as on the real server. */
  removeTask(name: string): void {
    if (!this.#tasks.delete(name)) throw new ConductorError(500, 'No such task definition');
    this.#forgetPlans();
  }

  /** A plan holds task definitions: it is made again at the next start. */
  #forgetPlans(): void {
    for (const versions of this.#workflows.values()) for (const stored of versions.values()) stored.plan = undefined;
  }
}
