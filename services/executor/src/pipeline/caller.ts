import type { Execute } from '@rostrum/shared/messages';
import { Problem } from '@rostrum/shared/problems';

/** Whoever waits for an execution's answer, and may hang up before it comes. */
export class Caller {
  /** Others depend on the answer: those who wait for the same one, or a repeat of the request. */
  #stays: boolean;
  #hungUp = false;
  #onGone: (() => void) | undefined;

  constructor({ cacheHolder }: Pick<Execute, 'cacheHolder'>) {
    this.#stays = cacheHolder !== '';
  }

  /** False, whatever the caller does, where others depend on the answer. */
  get gone(): boolean {
    return this.#hungUp && !this.#stays;
  }

  /** From now on others depend on the answer: the request has the claim on its idempotency key. */
  stay(): void {
    this.#stays = true;
  }

  /** The one listener there is: called when the caller hangs up. */
  onGone(listener: () => void): void {
    this.#onGone = listener;
  }

  hangUp(): void {
    if (this.#hungUp) return;
    this.#hungUp = true;
    if (this.gone) this.#onGone?.();
  }
}

/** For nobody to read. */
export function callerGone(): Problem {
  return new Problem('caller-gone', 'The caller has hung up; nothing was started.');
}
