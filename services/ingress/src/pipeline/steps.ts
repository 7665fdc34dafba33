import type { Executor } from './execute.ts';

/** The steps of a request whose durations are told, in the order they are taken. */
export type Step = 'match' | 'auth' | 'body' | 'input' | 'cache' | 'execute';

/** How long the steps of one request took (ms); those that were not taken are missing. */
export class Steps {
  match?: number;
  auth?: number;
  body?: number;
  input?: number;
  cache?: number;
  execute?: number;
  #since: number;
  /** Of the time since the last step, what was counted apart. */
  #apart = 0;

  /** `since` is when the first step began (`performance.now()`). */
  constructor(since: number) {
    this.#since = since;
  }

  /** All that has passed since the step before is this one's, except for what was counted apart. */
  done(step: Step): void {
    const now = performance.now();
    this[step] = (this[step] ?? 0) + now - this.#since - this.#apart;
    this.#since = now;
    this.#apart = 0;
  }

  /** Counts a part of the step under way apart from it. */
  spent(step: Step, ms: number): void {
    this[step] = (this[step] ?? 0) + ms;
    this.#apart += ms;
  }
}

/** The same executor; what it takes is counted apart from the cache's part in asking it. */
export function timed(executor: Executor): Executor {
  return {
    async execute(execution, lock) {
      const { steps } = execution;
      if (!steps) return executor.execute(execution, lock);
      const since = performance.now();
      const done = await executor.execute(execution, lock);
      steps.spent('execute', performance.now() - since);
      return done;
    },
    look: (look) => executor.look(look),
  };
}
