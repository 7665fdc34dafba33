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
  readonly #waiting: Task[] = [];
  #running = 0;

  constructor(engine: Pick<Engine, 'timers' | 'evaluate' | 'noteChange' | 'onError'>, http: HttpCaller) {
    this.#engine = engine;
    this.#http = http;
  }

  /** Runs a task `delayMs` from now. Never before whoever asked has gone on. */
  schedule(task: Task, delayMs: number): void {
    const due = () => {
      this.#waiting.push(task);
      this.#runNext();
    };
    if (delayMs > 0) this.#engine.timers.add(Date.now() + delayMs, due);
    else setImmediate(due);
  }

  #runNext(): void {
    while (this.#running < MAX_RUNNING) {
      const task = this.#waiting.shift();
      if (!task) return;
      if (!isOpen(task)) continue;
      this.#running += 1;
      void this.#run(task)
        .catch((error: unknown) => this.#engine.onError(error, task.workflow))
        .finally(() => {
          this.#running -= 1;
          this.#runNext();
        });
    }
  }

  async #run(task: Task): Promise<void> {
    // As on the real server it reads SCHEDULED until it is done.
    task.startTime ||= Date.now();
    task.updateTime = Date.now();
    task.pollCount += 1;
    task.workerId = serverId;
    const outcome = await runHttpTask(this.#http, task.inputData);
    if (!isOpen(task)) return;
    Object.assign(task, outcome);
    task.updateTime = Date.now();
    if (isTerminal(task.status)) task.endTime = task.updateTime;
    await this.#engine.evaluate(task.workflow);
  }
}

/** Its workflow may have ended, or begun anew without it. */
function isOpen(task: Task): boolean {
  return !isTerminal(task.status) && !isOver(task.workflow) && task.workflow.tasks.includes(task);
}
