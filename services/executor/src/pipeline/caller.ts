import type { Execute } from '@rostrum/shared/messages';
import { Problem } from '@rostrum/shared/problems';

/** Whoever waits for an execution's answer, and may hang up before it comes. */
export class Caller {
  /** Others depend on the answer: those who wait for the same one, or a repeat of the request. */
  readonly #stays: boolean;
  #gone = false;
  #onGone: (() => void) | undefined;

  constructor({ cacheHolder, idempotencyKey }: Pick<Execute, 'cacheHolder' | 'idempotencyKey'>) {
    this.#stays = cacheHolder !== '' || idempotencyKey !== '';
  }

  get gone(): boolean {
    return this.#gone;
  }

  /** The one listener there is: called when the caller hangs up. */
  onGone(listener: () => void): void {
    this.#onGone = listener;
  }

  hangUp(): void {
    if (this.#stays || this.#gone) return;
    this.#gone = true;
    this.#onGone?.();
  }
}

/** For nobody to read. */
export function callerGone(): Problem {
  return new Problem('caller-gone', 'The caller has hung up; nothing was started.');
}
