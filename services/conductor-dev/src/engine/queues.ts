import { type Task, isTerminal } from './model.ts';
import type { Cancel, Timers } from './timers.ts';

/** A domain has a worker as long as one has polled for this long (ms), as on the real server. */
const POLLED_RECENTLY_MS = 10_000;
/** So many polls of domains are remembered before old ones are forgotten. */
const MAX_POLLED = 1000;

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

/**
 * Tasks that wait for workers, by task type and domain. A worker that polls an empty queue is answered when something
 * comes. Of a task with `concurrentExecLimit` no more are given out at a time.
 */
export class TaskQueues {
  readonly #timers: Timers;
  readonly #queues = new Map<string, Queue>();
  readonly #delayed = new Map<Task, Cancel>();
  /** When a domain was last polled. */
  readonly #polled = new Map<string, number>();
  /** What workers have of a task with a limit, by its name; some of it may have ended. */
  readonly #limited = new Map<string, Set<Task>>();

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
    const ready = this.#queues.get(queueName(task.taskType, task.domain))?.ready;
    const index = ready?.indexOf(task) ?? -1;
    if (index >= 0) ready?.splice(index, 1);
  }

  /**
   * Up to `count` tasks; when there is none, those that come within `timeoutMs`, or none. A caller that goes away
   * (`signal`) takes nothing.
   */
  async poll(type: string, count: number, timeoutMs: number, signal?: AbortSignal, domain?: string): Promise<Task[]> {
    if (count <= 0) return [];
    const name = queueName(type, domain);
    if (domain !== undefined) this.#notePoll(name);
    const queue = this.#queue(name);
    const tasks = this.#take(queue, count);
    if (tasks.length > 0 || timeoutMs <= 0 || signal?.aborted) {
      this.#forgetUnused(name, queue);
      return tasks;
    }
    return new Promise((resolve) => {
      const give = (found: Task[]) => {
        queue.waiters.delete(waiter);
        cancel();
        this.#forgetUnused(name, queue);
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

  /** Whether a worker has polled for tasks of this type in the domain lately. */
  isPolled(type: string, domain: string): boolean {
    return Date.now() - (this.#polled.get(queueName(type, domain)) ?? 0) < POLLED_RECENTLY_MS;
  }

  /** A worker no longer has a task: another one of its limit may be given out. */
  release(task: Task): void {
    if (this.#limited.get(task.taskDefName)?.delete(task))
      this.#serve(this.#queue(queueName(task.taskType, task.domain)));
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
    const queue = this.#queue(queueName(task.taskType, task.domain));
    queue.used = true;
    const behind = queue.ready.findLastIndex((other) => other.workflow.priority >= task.workflow.priority);
    queue.ready.splice(behind + 1, 0, task);
    this.#serve(queue);
  }

  /** Gives whoever waits what there is. */
  #serve(queue: Queue): void {
    for (const waiter of queue.waiters) {
      const tasks = this.#take(queue, waiter.count);
      if (tasks.length === 0) return;
      waiter.give(tasks);
    }
  }

  /** The first tasks, as far as their limit allows: all of a queue have the same. */
  #take({ ready }: Queue, count: number): Task[] {
    let taken = 0;
    for (const task of ready) {
      if (taken >= count || !this.#admit(task)) break;
      taken += 1;
    }
    return ready.splice(0, taken);
  }

  /** Whether the task's limit leaves room for it; if so, it is counted. */
  #admit(task: Task): boolean {
    const { concurrentExecLimit: limit = 0 } = task.planned.taskDef;
    if (limit <= 0) return true;
    let given = this.#limited.get(task.taskDefName);
    if (!given) this.#limited.set(task.taskDefName, (given = new Set()));
    if (given.size >= limit) for (const other of given) if (isTerminal(other.status)) given.delete(other);
    if (given.size >= limit) return false;
    given.add(task);
    return true;
  }

  #notePoll(name: string): void {
    const now = Date.now();
    this.#polled.set(name, now);
    if (this.#polled.size <= MAX_POLLED) return;
    for (const [old, at] of this.#polled) if (now - at >= POLLED_RECENTLY_MS) this.#polled.delete(old);
  }

  #forgetUnused(name: string, { waiters, used }: Queue): void {
    if (!used && waiters.size === 0) this.#queues.delete(name);
  }

  #queue(name: string): Queue {
    let queue = this.#queues.get(name);
    if (!queue) this.#queues.set(name, (queue = { ready: [], waiters: new Set(), used: false }));
    return queue;
  }
}

/** As the real server names them. */
function queueName(type: string, domain: string | undefined): string {
  return domain === undefined ? type : `${domain}:${type}`;
}
