import { isDeepStrictEqual } from 'node:util';
import type { ConfigState, Stamp } from './records.ts';

/** Who makes a change. */
export interface Author {
  name: string;
  /** Milliseconds since 1970. */
  now: number;
  /**
   * Whether the author may do it by this state, on which it is decided: his rights may have gone since he asked. Absent:
   * the service itself, which always may.
   *
   * @throws {AdminProblem} when not.
   */
  check?: ((state: ConfigState) => void) | undefined;
}

/**
 * The next version of a thing. The very same object when nothing differs from the one that is there, so that writing
 * the same again changes nothing. `updateTime` always grows, also when the clock does not.
 */
export function stamped<T extends Stamp>(content: Omit<T, keyof Stamp>, existing: T | undefined, author: Author): T {
  const { name, now } = author;
  const stamp: Stamp = existing
    ? {
        createdBy: existing.createdBy,
        updatedBy: name,
        createTime: existing.createTime,
        updateTime: Math.max(now, existing.updateTime + 1),
      }
    : { createdBy: name, updatedBy: name, createTime: now, updateTime: now };
  // As it will be read back: without members that are undefined.
  const next = JSON.parse(JSON.stringify({ ...content, ...stamp })) as T;
  const before = existing && { ...existing, ...stamp };
  return existing && isDeepStrictEqual(before, next) ? existing : next;
}
