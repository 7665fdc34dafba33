import { DueQueue } from '../waiting/due-queue.ts';
import type { PermitStore } from './store.ts';
import type { PermitRequest, TakeResult } from './types.ts';
import { type Attempt, Waiter } from './waiter.ts';

/** How often the places of those who wait are kept (ms). Also the longest that a permit is free when a word was lost. */
const STAY_MS = 500;

export interface QueueOptions {
  store: PermitStore;
  /** Requests that may wait here; more are told that it is full. */
  most: number;
  /** One take; gives `waiting` only where the request `mayWait`. @throws {PermitsUnavailable} */
  attempt(request: PermitRequest, mayWait: boolean): Promise<Attempt>;
  /** What those who wait are told when their places cannot be kept. */
  unavailable(cause: Error): Error;
}

/**
 * Those of this process who wait for a permit. Their order is Redis's; here it is only known who is to be tried first when
 * a permit of a scope is freed. One timer keeps all places, another ends the waits.
 */
export class Queue {
  readonly #options: QueueOptions;
  /** By pool and scope, in order of arrival. */
  readonly #scopes = new Map<string, Set<Waiter>>();
  readonly #byId = new Map<string, Waiter>();
  readonly #ends = new DueQueue<Waiter>((waiter) => this.#expire(waiter));
  #stay: NodeJS.Timeout | undefined;
  #staying = false;
  #size = 0;
  #leaving = false;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  /** Who waits, or asks for a permit and would. */
  get size(): number {
    return this.#size;
  }

  async take(request: PermitRequest): Promise<TakeResult> {
    const mayWait = remaining(request) > 0 && this.#size < this.#options.most;
    if (mayWait) this.#size += 1;
    try {
      const attempt = await this.#options.attempt(request, mayWait);
      if (attempt.kind !== 'waiting') return attempt;
      return await this.#wait(new Waiter(request, attempt.full));
    } finally {
      if (mayWait) this.#size -= 1;
    }
  }

  /** A permit may be free. */
  wake(pool: string, name: string): void {
    const [first] = this.#scopes.get(keyOf(pool, name)) ?? [];
    if (!first) return;
    if (first.trying) first.woken = true;
    else void this.#try(first);
  }

  withdraw(id: string): void {
    const waiter = this.#byId.get(id);
    if (waiter) this.#expire(waiter);
  }

  /** Ends all waits as *sent back*, and those that come from now on at once. Their places stay until their leases end. */
  leave(): void {
    this.#leaving = true;
    for (const waiter of this.#all()) if (!waiter.trying) this.#end(waiter, { kind: 'sent-back' });
  }

  #wait(waiter: Waiter): Promise<TakeResult> {
    if (this.#leaving) return Promise.resolve({ kind: 'sent-back' });
    const key = keyOf(waiter.request.pool, waiter.name);
    const scope = this.#scopes.get(key);
    if (scope) scope.add(waiter);
    else this.#scopes.set(key, new Set([waiter]));
    this.#byId.set(waiter.id, waiter);
    this.#ends.add(waiter, remaining(waiter.request));
    this.#stay ??= setInterval(() => void this.#keepPlaces(), STAY_MS);
    return waiter.result;
  }

  async #try(waiter: Waiter): Promise<void> {
    waiter.trying = true;
    waiter.woken = false;
    const { request, name } = waiter;
    const attempt = await this.#options.attempt(request, true).catch((error: Error) => error);
    waiter.trying = false;
    if (!(attempt instanceof Error) && attempt.kind === 'waiting') {
      waiter.full = attempt.full;
      if (waiter.expired) this.#expire(waiter);
      else if (this.#leaving) this.#end(waiter, { kind: 'sent-back' });
      else if (waiter.woken) void this.#try(waiter);
      return;
    }
    this.#end(waiter, attempt);
    const isRoom = !(attempt instanceof Error) && attempt.kind === 'taken' && attempt.before + 1 < request.limit;
    if (waiter.woken || isRoom) this.wake(request.pool, name);
  }

  #expire(waiter: Waiter): void {
    waiter.expired = true;
    // It may be taken at this moment: the answer decides.
    if (waiter.trying) return;
    // Should this fail, its lease ends its place.
    void this.#options.store.withdraw(waiter.request.pool, waiter).catch(() => {});
    this.#end(waiter, waiter.full);
  }

  async #keepPlaces(): Promise<void> {
    if (this.#staying) return;
    this.#staying = true;
    const pools = Map.groupBy(this.#all(), ({ request }) => request.pool);
    await Promise.all([...pools].map(([pool, waiters]) => this.#keep(pool, waiters)));
    this.#staying = false;
  }

  async #keep(pool: string, waiters: Waiter[]): Promise<void> {
    try {
      const due = await this.#options.store.stay(pool, waiters);
      for (const waiter of due) if (!waiter.settled && !waiter.trying) void this.#try(waiter);
    } catch (error) {
      const told = this.#options.unavailable(error as Error);
      for (const waiter of waiters) if (!waiter.settled && !waiter.trying) this.#end(waiter, told);
    }
  }

  #end(waiter: Waiter, result: TakeResult | Error): void {
    const key = keyOf(waiter.request.pool, waiter.name);
    const scope = this.#scopes.get(key);
    scope?.delete(waiter);
    if (scope?.size === 0) this.#scopes.delete(key);
    if (this.#scopes.size === 0) {
      clearInterval(this.#stay);
      this.#stay = undefined;
    }
    this.#byId.delete(waiter.id);
    this.#ends.remove(waiter);
    waiter.end(result);
  }

  #all(): Waiter[] {
    return [...this.#scopes.values()].flatMap((scope) => [...scope]);
  }
}

function remaining({ wait }: PermitRequest): number {
  return wait?.until.remaining() ?? 0;
}

function keyOf(pool: string, name: string): string {
  return `${pool} ${name}`;
}
