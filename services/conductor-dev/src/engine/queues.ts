import type { Task } from './model.ts';
import type { Cancel, Timers } from './timers.ts';

interface Waiter {
  count: number;
  give(tasks: Task[]): void;
}

interface Queue {
  /** Highest priority first, then the order of arrival. */
  readonly ready: Task[];
  readonly waiters: Set<Waiter>;
  /** Whether a task has ever been here: anybody may poll for any name. */
  used: boolean;
}

/** Tasks that wait for workers, by task type. A worker that polls an empty queue is answered when something comes. */
export class TaskQueues {
  readonly #timers: Timers;
  readonly #queues = new Map<string, Queue>();
  readonly #delayed = new Map<Task, Cancel>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Makes a task available `delayMs` from now; one that is here already is moved. */
  push(task: Task, delayMs: number): void {
    this.remove(task);
    if (delayMs <= 0) return this.#ready(task);
    const due = () => {
      this.#delayed.delete(task);
      this.#ready(task);
    };
    this.#delayed.set(task, this.#timers.add(Date.now() + delayMs, due));
  }

  remove(task: Task): void {
    this.#delayed.get(task)?.();
    if (this.#delayed.delete(task)) return;
    const ready = this.#queues.get(task.taskType)?.ready;
    const index = ready?.indexOf(task) ?? -1;
    if (index >= 0) ready?.splice(index, 1);
  }

  /**
   * Up to `count` tasks; when there is none, those that come within `timeoutMs`, or none. A caller that goes away
   * (`signal`) takes nothing.
   */
  async poll(type: string, count: number, timeoutMs: number, signal?: AbortSignal): Promise<Task[]> {
    if (count <= 0) return [];
    const queue = this.#queue(type);
    const tasks = queue.ready.splice(0, count);
    if (tasks.length > 0 || timeoutMs <= 0 || signal?.aborted) {
      this.#forgetUnused(type, queue);
      return tasks;
    }
    return new Promise((resolve) => {
      const give = (found: Task[]) => {
        queue.waiters.delete(waiter);
        cancel();
        this.#forgetUnused(type, queue);
        signal?.removeEventListener('abort', leave);
        resolve(found);
      };
      const leave = () => give([]);
      const waiter = { count, give };
      const cancel = this.#timers.add(Date.now() + timeoutMs, leave);
      queue.waiters.add(waiter);
      signal?.addEventListener('abort', leave);
    });
  }

  /** Tasks that could be polled now. */
  size(type: string): number {
    return this.#queues.get(type)?.ready.length ?? 0;
  }

  /** The same for every type that a task has been queued for. */
  sizes(): Map<string, number> {
    return new Map([...this.#queues].map(([type, { ready }]) => [type, ready.length]));
  }

  /** Answers all who wait with nothing. */
  close(): void {
    for (const { waiters } of this.#queues.values()) for (const waiter of waiters) waiter.give([]);
  }

  #ready(task: Task): void {
    const queue = this.#queue(task.taskType);
    queue.used = true;
    const { ready, waiters } = queue;
    const [waiter] = waiters;
    if (waiter) return waiter.give([task]);
    const behind = ready.findLastIndex((other) => other.workflow.priority >= task.workflow.priority);
    ready.splice(behind + 1, 0, task);
  }

  #forgetUnused(type: string, { waiters, used }: Queue): void {
    if (!used && waiters.size === 0) this.#queues.delete(type);
  }

  #queue(type: string): Queue {
    let queue = this.#queues.get(type);
    if (!queue) this.#queues.set(type, (queue = { ready: [], waiters: new Set(), used: false }));
    return queue;
  }
}
