import type { Bus } from './bus.ts';
import { BusError } from './errors.ts';

/** What was in flight when the bus went is lost: it is not waited for longer than this (ms). */
const askAgainMs = 1_000;

/**
 * A request that only reads, so that it may be asked twice: again after a second without an answer, until `timeoutMs`
 * are over.
 *
 * @throws {BusError}
 */
export async function readOverBus(
  bus: Pick<Bus, 'request'>,
  subject: string,
  payload: Uint8Array,
  timeoutMs: number,
): Promise<Uint8Array> {
  for (const end = performance.now() + timeoutMs; ; ) {
    const left = end - performance.now();
    try {
      return await bus.request(subject, payload, { timeoutMs: Math.max(1, Math.min(askAgainMs, left)) });
    } catch (error) {
      const late = error instanceof BusError && error.fault === 'deadline-exceeded';
      if (!late || left <= askAgainMs) throw error;
    }
  }
}
