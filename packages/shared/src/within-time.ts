import { createContext, Script } from 'node:vm';

const context = createContext({});
const call = new Script('work()');

/**
 * What `work`, which is synchronous, returns; it is cut off where it takes longer than so many milliseconds.
 *
 * @throws {TookTooLong} and what `work` throws.
 */
export function withinTime<T>(ms: number, work: () => T): T {
  context['work'] = work;
  try {
    // V8 ends whatever runs in a script that has a timeout, functions from outside of it included.
    return call.runInContext(context, { timeout: ms }) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw new TookTooLong();
    throw error;
  } finally {
    context['work'] = undefined;
  }
}

export class TookTooLong extends Error {
  override name = 'TookTooLong';
}
