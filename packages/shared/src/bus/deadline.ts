/** A moment on this process's monotonic clock by which something has to be answered. */
export interface Deadline {
  /** By `performance.now()`. */
  readonly at: number;
  /** Milliseconds left, 0 when it is over. */
  remaining(): number;
}

/** A deadline `ms` from now, or from the moment given (by `performance.now()`). */
export function deadlineIn(ms: number, from: number = performance.now()): Deadline {
  const at = from + ms;
  return { at, remaining: () => Math.max(0, at - performance.now()) };
}
