import type { Fault } from '../problems/index.ts';
import { TookTooLong, withinTime } from '../within-time.ts';

/** A validator takes a fraction of a microsecond a step, and mostly far fewer steps than it might. */
const FREE_STEPS = 2_000_000;
/** Whoever validates serves nobody else meanwhile (ms). */
const LONGEST_MS = 500;
/** For so many times as long as it took, no others like it are begun, so that it cannot take up all of a process. */
const PAUSE = 10;
/** What a value is taken to be as long as, where nobody says (characters). */
const UNKNOWN_SIZE = 1_000_000;

/**
 * The same validator, cut off after half a second. To watch one costs some 150 µs, so only those are that could take long:
 * a costly schema (see costOf) or a large value.
 */
export function bounded(cost: number, validate: (value: unknown) => Fault[]) {
  let pausedUntil = 0;
  return (value: unknown, size = UNKNOWN_SIZE): Fault[] => {
    if (cost * Math.max(size, 1) <= FREE_STEPS) return validate(value);
    const begin = performance.now();
    if (begin < pausedUntil)
      return [tooCostly('would take too long to check, as one like it just did; send less, or try again')];
    try {
      return withinTime(LONGEST_MS, () => validate(value));
    } catch (error) {
      // The stack is full: the schema refers to itself for the same value.
      if (error instanceof RangeError) return [tooCostly('cannot be checked: the schema goes in circles')];
      if (!(error instanceof TookTooLong)) throw error;
      pausedUntil = begin + (PAUSE + 1) * (performance.now() - begin);
      return [tooCostly(`takes longer than ${LONGEST_MS} ms to check against the schema; send less`)];
    }
  };
}

function tooCostly(detail: string): Fault {
  return { pointer: '', detail };
}
