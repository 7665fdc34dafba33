import { type Bus, BusError } from '@rostrum/shared/bus';
import { cacheFill, encodeOutcome, type Execute, type Outcome } from '@rostrum/shared/messages';
import type { ProblemCode } from '@rostrum/shared/problems';

/** The workflow or a script ran and failed: those who wait for the same answer get the same problem. */
const ranAndFailed: ReadonlySet<ProblemCode> = new Set([
  'workflow-failed',
  'workflow-timed-out',
  'awaited-task-failed',
  'output-schema-violation',
  'script-failed',
  'script-timeout',
]);

const none = new Uint8Array(0);
const TIMEOUT_MS = 2_000;
const AGAIN_MS = 250;

/**
 * Tells the cache how a run ended that holds a lock, and repeats it until a replica has confirmed, or `untilMs` from
 * now the lock is over by itself. Resolves then; never rejects.
 */
export async function fillCache(
  bus: Bus,
  { cacheKey: key, cacheHolder: holder }: Execute,
  outcome: Outcome,
  ttlSeconds: number,
  untilMs: number,
  sleep: (ms: number) => Promise<void>,
): Promise<void> {
  const fill = cacheFill.encode({ key, holder, ttlSeconds, ...resultOf(outcome) });
  const end = performance.now() + untilMs;
  while (performance.now() < end) {
    try {
      await bus.request(bus.subjects.fill, fill, { timeoutMs: TIMEOUT_MS });
      return;
    } catch (error) {
      // Larger than the bus carries: it cannot be stored, but those who wait must not wait for it.
      if (error instanceof BusError && error.fault === 'too-large' && outcome.kind === 'ok') {
        return fillCache(bus, { cacheKey: key, cacheHolder: holder } as Execute, { kind: 'stale' }, 0, untilMs, sleep);
      }
      if (!(error instanceof BusError) || error.fault === 'closed') return;
    }
    await sleep(AGAIN_MS);
  }
}

function resultOf(outcome: Outcome): {
  result: 'stored' | 'failed' | 'released';
  body: Uint8Array;
  problem: Uint8Array;
} {
  if (outcome.kind === 'ok') return { result: 'stored', body: outcome.body, problem: none };
  if (outcome.kind === 'problem' && ranAndFailed.has(outcome.problem.code)) {
    return { result: 'failed', body: none, problem: encodeOutcome(outcome) };
  }
  return { result: 'released', body: none, problem: none };
}
