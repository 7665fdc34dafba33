import { hostname } from 'node:os';
import type { Engine } from './engine.ts';
import { type HttpCaller, runHttpTask } from './http-task.ts';
import { isOver, isTerminal, type Task } from './model.ts';

/** How many run at the same time; more wait. */
const MAX_RUNNING = 100;

const serverId = hostname();

/** Tasks that the server runs itself while their workflow waits for them, as it would for a worker: HTTP. */
export class BackgroundTasks {
  readonly #engine: Pick<Engine, 'timers' | 'evaluate' | 'noteChange' | 'onError'>;
  readonly #http: HttpCaller;
  readonly #waiting: { task: Task; run: object }[] = [];
  /** The run of each task that counts: a task may be begun again while it is out. */
  readonly #runs = new WeakMap<Task, object>();
  #running = 0;

  constructor(engine: Pick<Engine, 'timers' | 'evaluate' | 'noteChange' | 'onError'>, http: HttpCaller) {
    this.#engine = engine;
    this.#http = http;
  }

  /** Runs a task `delayMs` from now. Never before whoever asked has gone on. */
  schedule(task: Task, delayMs: number): void {
    const run = {};
    this.#runs.set(task, run);
    const due = () => {
      this.#waiting.push({ task, run });
      this.#runNext();
    };
    if (delayMs > 0) this.#engine.timers.add(Date.now() + delayMs, due);
    else setImmediate(due);
  }

  #runNext(): void {
    while (this.#running < MAX_RUNNING) {
      const next = this.#waiting.shift();
      if (!next) return;
      if (!this.#counts(next)) continue;
      this.#running += 1;
      void this.#run(next)
        .catch((error: unknown) => this.#engine.onError(error, next.task.workflow))
        .finally(() => {
          this.#running -= 1;
          this.#runNext();
        });
    }
  }

  async #run(given: { task: Task; run: object }): Promise<void> {
    const { task } = given;
    // As on the real server it reads SCHEDULED until it is done.
    task.startTime ||= Date.now();
    task.updateTime = Date.now();
    task.pollCount += 1;
    task.workerId = serverId;
    const outcome = await runHttpTask(this.#http, task.inputData);
    if (!this.#counts(given)) return;
    Object.assign(task, outcome);
    task.updateTime = Date.now();
    if (isTerminal(task.status)) task.endTime = task.updateTime;
    await this.#engine.evaluate(task.workflow);
  }

  /** Its workflow may have ended, or begun anew with or without it. */
  #counts({ task, run }: { task: Task; run: object }): boolean {
    if (isTerminal(task.status) || isOver(task.workflow) || this.#runs.get(task) !== run) return false;
    return task.workflow.tasks.includes(task);
  }
}
