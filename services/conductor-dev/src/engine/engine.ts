import type { Plan } from '../definitions/plan.ts';
import type { Json } from '../definitions/types.ts';
import { badRequest, conflict, notFound } from '../errors.ts';
import { addLogs } from './task-logs.ts';
import { BackgroundTasks } from './background-tasks.ts';
import { terminateWorkflow } from './end-workflow.ts';
import { evaluateWorkflow } from './evaluate-workflow.ts';
import type { Definitions, Machinery, StartRequest } from './machinery.ts';
import {
  isForWorkers,
  isInBackground,
  isOver,
  isTerminal,
  shortReason,
  type Task,
  type TaskStatus,
  taskByReference,
  type Workflow,
} from './model.ts';
import { newWorkflow } from './new-workflow.ts';
import { PollLog } from './poll-log.ts';
import { TaskQueues } from './queues.ts';
import { parentEnded } from './tasks/sub-workflow.ts';
import type { Tools } from './tools.ts';
import { nextWake } from './timeouts.ts';
import { Timers } from './timers.ts';
import { type StoreLimits, WorkflowStore } from './workflow-store.ts';

/** What a worker, or whoever signals a task, reports. */
export interface TaskResult {
  workflowInstanceId: string;
  taskId: string;
  status: 'COMPLETED' | 'FAILED' | 'FAILED_WITH_TERMINAL_ERROR' | 'IN_PROGRESS' | 'CANCELED';
  outputData: Json;
  reasonForIncompletion: string | undefined;
  workerId: string | undefined;
  callbackAfterSeconds: number;
  logs: Json[];
}

/** What happened to a workflow, as the real server's listeners are told; every end but COMPLETED is TERMINATED there. */
export type WorkflowEvent =
  | 'RUNNING'
  | 'COMPLETED'
  | 'TERMINATED'
  | 'PAUSED'
  | 'RESUMED'
  | 'RESTARTED'
  | 'RETRIED'
  | 'RERAN'
  | 'FINALIZED';

export interface EngineOptions extends Tools {
  definitions: Definitions;
  /** A workflow as clients see it. */
  describe(workflow: Workflow): Json;
  limits: StoreLimits;
  onEvent?(workflow: Workflow, event: WorkflowEvent): void;
  /** Told of what went wrong while nobody was calling. */
  onError(error: unknown, workflowId: string): void;
}

/** Runs workflows in memory. */
export class Engine {
  readonly timers = new Timers();
  readonly store: WorkflowStore;
  readonly polls = new PollLog();
  readonly #machinery: Machinery;
  readonly #options: EngineOptions;

  constructor(options: EngineOptions) {
    const { scripts, jq, http, definitions, describe, limits } = options;
    this.store = new WorkflowStore(limits);
    this.#machinery = {
      ...{ scripts, jq, http, definitions, describe },
      background: new BackgroundTasks(this, http),
      queues: new TaskQueues(this.timers),
      startWorkflow: (plan, request) => this.#startLater(plan, request),
      wake: (workflow) => this.#evaluateInBackground(workflow),
      forgetTask: (task) => this.store.forgetTasks([task]),
    };
    this.#options = options;
  }

  get queues(): TaskQueues {
    return this.#machinery.queues;
  }

  /** Starts a workflow; tasks that need no worker have run when it resolves. Members of `inputTemplate` that the input lacks are added. */
  async start(plan: Plan, request: StartRequest): Promise<Workflow> {
    const workflow = this.#create(plan, request);
    await this.#begin(workflow);
    return workflow;
  }

  /** Each start in a turn of its own: workflows that start each other without end do not stop everything else. */
  #startLater(plan: Plan, request: StartRequest) {
    const workflow = this.#create(plan, request);
    const begin = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      // It may have been terminated before it began.
      if (workflow.status === 'RUNNING') await this.#begin(workflow);
    };
    return { workflow, started: begin() };
  }

  #create(plan: Plan, request: StartRequest): Workflow {
    const workflow = newWorkflow(plan, request);
    this.store.add(workflow);
    this.announce(workflow, 'RUNNING');
    return workflow;
  }

  /** The first evaluation; a workflow that cannot be started is gone. */
  async #begin(workflow: Workflow): Promise<void> {
    try {
      await this.evaluate(workflow);
    } catch (error) {
      workflow.cancelTimer?.();
      this.store.remove(workflow);
      throw error;
    }
  }

  /** @throws {ConductorError} 404 */
  workflow(id: string): Workflow {
    const workflow = this.store.get(id);
    if (!workflow) throw notFound(`No such workflow found by id: ${id}`);
    return workflow;
  }

  /** Workflows of that name with that correlation id, those that have ended only if asked for. */
  correlated(name: string, correlationId: string, includeClosed: boolean): Workflow[] {
    const found = this.store.correlated(name, correlationId);
    return includeClosed ? found : found.filter((workflow) => workflow.status === 'RUNNING');
  }

  /** @throws {ConductorError} 404 */
  task(id: string): Task {
    const task = this.store.task(id);
    if (!task) throw notFound(`No such task found by id: ${id}`);
    return task;
  }

  findTask(id: string): Task | undefined {
    return this.store.task(id);
  }

  /** The open task under a reference name. */
  openTask(workflowId: string, reference: string): Task | undefined {
    const workflow = this.store.get(workflowId);
    const task = workflow && taskByReference(workflow, reference);
    return task && !isTerminal(task.status) ? task : undefined;
  }

  /** Gives a worker up to `count` tasks, waiting up to `timeoutMs` for the first. */
  async poll(
    type: string,
    worker: string | undefined,
    count: number,
    timeoutMs: number,
    { signal, domain }: { signal?: AbortSignal; domain?: string | undefined } = {},
  ) {
    const polled = await this.queues.poll(type, count, timeoutMs, signal, domain);
    this.polls.note(type, worker);
    // Its workflow may have ended since it was handed out.
    const tasks = polled.filter((task) => !isTerminal(task.status));
    const now = Date.now();
    for (const task of tasks) {
      task.status = 'IN_PROGRESS';
      task.startTime ||= now;
      task.callbackAfterSeconds = 0;
      task.workerId = worker;
      task.pollCount += 1;
      task.updateTime = now;
      this.#arm(task.workflow);
    }
    return tasks;
  }

  /**
   * Takes a task's result; what follows in the workflow, as far as it needs no worker, has happened when it resolves.
   * A result for a task or workflow already at its end changes nothing. A worker's IN_PROGRESS puts the task back into
   * its queue, to be polled again after `callbackAfterSeconds`.
   *
   * @throws {ConductorError} 404
   */
  async updateTask(result: TaskResult): Promise<Task> {
    const workflow = this.workflow(result.workflowInstanceId);
    const task = this.task(result.taskId);
    if (isTerminal(task.status) || isOver(workflow)) return task;
    const again = isForWorkers(task) && result.status === 'IN_PROGRESS';
    task.status = again ? 'SCHEDULED' : (result.status satisfies TaskStatus);
    task.reasonForIncompletion = result.reasonForIncompletion && shortReason(result.reasonForIncompletion);
    task.workerId = result.workerId;
    task.callbackAfterSeconds = result.callbackAfterSeconds;
    task.outputData = result.outputData;
    addLogs(task, result.logs);
    task.updateTime = Date.now();
    if (isTerminal(task.status)) {
      task.endTime = task.updateTime;
      this.queues.remove(task);
    } else if (again) {
      this.queues.release(task);
      this.queues.push(task, result.callbackAfterSeconds * 1000);
    }
    await this.evaluate(workflow);
    return task;
  }

  /** Starts a task's response timeout anew. @throws {ConductorError} 404 */
  extendLease(taskId: string): void {
    const task = this.task(taskId);
    if (isTerminal(task.status)) return;
    task.updateTime = Date.now();
    this.#arm(task.workflow);
  }

  /** Terminates a workflow; one that has failed already becomes TERMINATED. @throws {ConductorError} 404; 409 when it has completed. */
  terminate(id: string, reason: string | undefined): void {
    const workflow = this.workflow(id);
    if (workflow.status === 'COMPLETED') throw conflict('Cannot terminate a COMPLETED workflow.');
    if (workflow.status === 'TERMINATED') return;
    const again = isOver(workflow);
    terminateWorkflow(workflow, reason);
    this.noteChange(workflow);
    if (again) this.announceEnd(workflow);
  }

  #terminate(workflow: Workflow, reason: string): void {
    if (isOver(workflow)) return;
    terminateWorkflow(workflow, reason);
    this.noteChange(workflow);
  }

  /** Forgets a workflow. @throws {ConductorError} 404; 400 when it is to be archived, which nothing is here, and has not ended. */
  remove(id: string, archive: boolean): void {
    const workflow = this.workflow(id);
    if (archive && !isOver(workflow)) {
      throw badRequest(`Cannot archive workflow: ${id} with status: ${workflow.status}`);
    }
    if (!isOver(workflow)) this.terminate(id, undefined);
    this.store.remove(workflow);
  }

  onError(error: unknown, workflow: Workflow): void {
    this.#options.onError(error, workflow.workflowId);
  }

  close(): void {
    this.queues.close();
    this.timers.clear();
  }

  /** One evaluation at a time for each workflow; what happens during one is looked at when it is done. */
  async evaluate(workflow: Workflow): Promise<void> {
    workflow.changed = true;
    workflow.deciding ??= this.#evaluateUntilQuiet(workflow).finally(() => {
      workflow.deciding = undefined;
    });
    await workflow.deciding;
  }

  async #evaluateUntilQuiet(workflow: Workflow): Promise<void> {
    try {
      while (workflow.changed) {
        workflow.changed = false;
        await evaluateWorkflow(this.#machinery, workflow);
      }
    } finally {
      this.noteChange(workflow);
    }
  }

  /** Waits until nobody evaluates a workflow; whether that went well is told to whoever asked for it. */
  async settled(workflow: Workflow): Promise<void> {
    while (workflow.deciding) await workflow.deciding.catch(() => {});
  }

  /** Makes an ended workflow run again: `tasks` are those it keeps. @throws {ConductorError} 404 when it has been dropped meanwhile, 429 */
  reopen(workflow: Workflow, tasks: readonly Task[]): void {
    this.workflow(workflow.workflowId);
    this.store.reopen(workflow);
    const kept = new Set(tasks);
    this.store.forgetTasks(workflow.tasks.filter((task) => !kept.has(task)));
    workflow.tasks.splice(0, workflow.tasks.length, ...tasks);
    workflow.status = 'RUNNING';
    workflow.reasonForIncompletion = undefined;
  }

  /** Has a task taken up at once, by a worker or by the server itself; any other runs with the next evaluation. */
  enqueue(task: Task): void {
    task.firstScheduledTime ||= Date.now();
    if (isForWorkers(task)) this.queues.push(task, 0);
    else if (isInBackground(task)) this.#machinery.background.schedule(task, 0);
    else if (!isTerminal(task.status)) {
      task.status = 'IN_PROGRESS';
      task.startTime ||= Date.now();
    }
  }

  announce(workflow: Workflow, event: WorkflowEvent): void {
    this.#options.onEvent?.(workflow, event);
  }

  announceEnd(workflow: Workflow): void {
    this.announce(workflow, 'FINALIZED');
    this.announce(workflow, workflow.status === 'COMPLETED' ? 'COMPLETED' : 'TERMINATED');
  }

  #evaluateInBackground(workflow: Workflow): void {
    if (isOver(workflow)) return;
    this.evaluate(workflow).catch((error: unknown) => this.onError(error, workflow));
  }

  /** After each change: indexes, the next wake-up, and whoever waits for the workflow. */
  noteChange(workflow: Workflow): void {
    workflow.updateTime = Date.now();
    this.store.noteTasks(workflow);
    for (const task of workflow.tasks) if (isTerminal(task.status)) this.queues.release(task);
    if (isOver(workflow)) this.#noteEnd(workflow);
    this.#arm(workflow);
    for (const watcher of [...workflow.watchers]) watcher();
  }

  #noteEnd(workflow: Workflow): void {
    for (const task of workflow.tasks) {
      if (isForWorkers(task)) this.queues.remove(task);
      // What a SUB_WORKFLOW task has started ends with it.
      const { started } = task;
      if (!started || task.type !== 'SUB_WORKFLOW') continue;
      task.started = undefined;
      // One level at a time: a long chain of them must not exhaust the stack.
      queueMicrotask(() => this.#terminate(started, parentEnded(workflow)));
    }
    workflow.endTime = workflow.updateTime;
    if (this.store.noteEnd(workflow)) this.announceEnd(workflow);
    const parent = workflow.parentWorkflowId && this.store.get(workflow.parentWorkflowId);
    if (parent) this.#evaluateInBackground(parent);
  }

  #arm(workflow: Workflow): void {
    workflow.cancelTimer?.();
    workflow.cancelTimer = undefined;
    const at = workflow.status === 'RUNNING' ? nextWake(workflow) : undefined;
    if (at === undefined) return;
    workflow.cancelTimer = this.timers.add(at, () => this.#evaluateInBackground(workflow));
  }
}
