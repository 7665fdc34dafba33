import { permitName } from './keys.ts';
import type { Queued } from './store.ts';
import type { Hold, PermitRequest, TakeResult } from './types.ts';

/** `before`: how many stood before it, in the queue of those who hold a permit and those who wait. */
export type Attempt =
  | Exclude<TakeResult, { kind: 'taken' | 'sent-back' }>
  | { kind: 'taken'; hold: Hold; before: number }
  | { kind: 'waiting'; full: TakeResult };

/** A request that waits for a permit, as the process knows it that took it. */
export class Waiter implements Queued {
  readonly request: PermitRequest;
  readonly name: string;
  readonly id: string;
  readonly #settled = Promise.withResolvers<TakeResult>();
  /** What it is told when its time is up. */
  full: TakeResult;
  trying = false;
  /** A permit was freed after its try had begun. */
  woken = false;
  expired = false;
  settled = false;

  constructor(request: PermitRequest, full: TakeResult) {
    this.request = request;
    this.name = permitName(request.scope);
    this.id = request.wait?.id ?? '';
    this.full = full;
  }

  get result(): Promise<TakeResult> {
    return this.#settled.promise;
  }

  end(result: TakeResult | Error): void {
    this.settled = true;
    if (result instanceof Error) this.#settled.reject(result);
    else this.#settled.resolve(result);
  }
}
