import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  /** How long to wait (ms); 10 s unless given. */
  timeoutMs?: number;
  /** What is waited for, as the error message is to say it. */
  what?: string;
  /** Pause between two looks (ms); 10 unless given. */
  everyMs?: number;
}

/**
 * Waits until `condition` gives something truthy, and gives that. A condition that throws counts as not yet true.
 *
 * @throws {Error} naming what was waited for; its cause is what the condition threw last.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 10_000, what = 'a condition', everyMs = 10 }: WaitOptions = {},
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= deadline) {
      const last = cause instanceof Error ? `; the last look: ${cause.message}` : '';
      throw new Error(`Waited ${timeoutMs} ms for ${what}${last}`, { cause });
    }
    await delay(everyMs);
  }
}

/** A name space (`NAMESPACE`) that no other test uses, so that tests may share servers. */
export function namespace(): string {
  return `t${randomUUID().slice(0, 13)}`;
}
