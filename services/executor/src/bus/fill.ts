import { type Bus, BusError } from '@rostrum/shared/bus';
import { cacheFill, encodeOutcome, type Execute, type Outcome } from '@rostrum/shared/messages';
import type { Deps } from '../pipeline/context.ts';
import { ranAndFailed } from '../pipeline/ran-and-failed.ts';

/** The lock's life is the route's wait and a margin: a fill is of no use after that (ms after the deadline). */
export const FILL_FOR_MS = 10_000;

/** What a fill needs to know of an execution. */
type Filling = Pick<Execute, 'service' | 'revision' | 'route' | 'cacheKey' | 'cacheHolder'>;

const none = new Uint8Array(0);
const TIMEOUT_MS = 2_000;
const AGAIN_MS = 250;

/** Tells the cache how an execution ended that holds a lock; see {@link fillCache}. */
export async function fillFor(of: Filling, outcome: Outcome, untilMs: number, bus: Bus, deps: Deps): Promise<void> {
  const runnable = await deps.revisions.get(of.service, of.revision, of.route).catch(() => undefined);
  const ttlSeconds = runnable?.route.cache?.ttlSeconds;
  // A route that is not (or no longer) known to be cached stores nothing; its lock is freed all the same.
  const kept: Outcome = ttlSeconds === undefined ? { kind: 'stale' } : outcome;
  await fillCache(bus, of, kept, ttlSeconds ?? 0, untilMs, deps.sleep);
}

/**
 * Tells the cache how a run ended that holds a lock, and repeats it until a replica has confirmed, or `untilMs` from
 * now the lock is over by itself. Resolves then; never rejects.
 */
async function fillCache(
  bus: Bus,
  lock: Pick<Execute, 'cacheKey' | 'cacheHolder'>,
  outcome: Outcome,
  ttlSeconds: number,
  untilMs: number,
  sleep: (ms: number) => Promise<void>,
): Promise<void> {
  const fill = cacheFill.encode({ key: lock.cacheKey, holder: lock.cacheHolder, ttlSeconds, ...resultOf(outcome) });
  const end = performance.now() + untilMs;
  while (performance.now() < end) {
    try {
      await bus.request(bus.subjects.fill, fill, { timeoutMs: TIMEOUT_MS });
      return;
    } catch (error) {
      // Larger than the bus carries: it cannot be stored, but those who wait must not wait for it.
      if (error instanceof BusError && error.fault === 'too-large' && outcome.kind === 'ok') {
        return fillCache(bus, lock, { kind: 'stale' }, 0, untilMs, sleep);
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
  meta?: string;
} {
  if (outcome.kind === 'ok' && !isFailure(outcome)) {
    const { body, response } = outcome;
    return { result: 'stored', body, problem: none, ...(response ? { meta: JSON.stringify(response) } : {}) };
  }
  // Those who wait for the same answer get the same problem.
  if (outcome.kind === 'problem' && ranAndFailed.has(outcome.problem.code)) {
    return { result: 'failed', body: none, problem: encodeOutcome(outcome) };
  }
  return { result: 'released', body: none, problem: none };
}

/** A route that answers 5xx of its own says that it failed: the next request tries again. */
function isFailure({ response }: Extract<Outcome, { kind: 'ok' }>): boolean {
  return response !== undefined && response.status >= 500;
}
