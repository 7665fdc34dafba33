import { InvalidArgumentError } from 'commander';
import { type Context, contextOf, type Globals } from '../context.ts';
import { type ExitCode, exitCodes } from '../exit.ts';
import { Ui } from '../ui.ts';

type Action<T, A extends unknown[]> = (with_: T, ...args: A) => Promise<ExitCode | void> | ExitCode | void;

/** How commands are run, and what they get. */
export interface Runner {
  globals(): Globals;
  /** With a client of the admin API. */
  online<A extends unknown[]>(action: Action<Context, A>): (...args: A) => Promise<void>;
  offline<A extends unknown[]>(action: Action<Ui, A>): (...args: A) => Promise<void>;
}

export function runnerFor(outcome: { exitCode: ExitCode; ui?: Ui }, globals: () => Globals): Runner {
  return {
    globals,
    online:
      (action) =>
      async (...args) => {
        const context = contextOf(globals());
        outcome.ui = context.ui;
        outcome.exitCode = (await action(context, ...args)) ?? exitCodes.done;
      },
    offline:
      (action) =>
      async (...args) => {
        const { json = false, color } = globals();
        outcome.ui = new Ui({ json, color });
        outcome.exitCode = (await action(outcome.ui, ...args)) ?? exitCodes.done;
      },
  };
}

/** Reads an option. @throws {InvalidArgumentError} */
export function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('has to be a whole number.');
}

/** Reads an option that may be given several times. */
export function several(text: string, before: string[] = []): string[] {
  return [...before, text];
}
