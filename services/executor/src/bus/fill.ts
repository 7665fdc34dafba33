import { type Bus, BusError } from '@rostrum/shared/bus';
import { WRITTEN } from '@rostrum/shared/codec';
import {
  type CacheFill,
  cacheFill,
  encodeOutcome,
  type Execute,
  type HttpResponse,
  type Outcome,
} from '@rostrum/shared/messages';
import type { ExecutionRoute } from '@rostrum/shared/revision';
import type { Deps } from '../pipeline/context.ts';
import { ranAndFailed } from '../pipeline/ran-and-failed.ts';

/** The lock's life is the route's wait and a margin: a fill is of no use after that (ms after the deadline). */
export const FILL_FOR_MS = 10_000;

/** What a fill needs to know of an execution. */
type Filling = Pick<Execute, 'service' | 'revision' | 'route' | 'cacheKey' | 'cacheHolder'>;
type CacheRules = NonNullable<ExecutionRoute['cache']>;

const none = new Uint8Array(0);
const TIMEOUT_MS = 2_000;
const AGAIN_MS = 250;

/**
 * Tells the cache how a run ended that holds a lock, and repeats it until a replica has confirmed, or `untilMs` from
 * now the lock is over by itself. `runMs`: how long it took, 0 where nobody knows. Resolves then; never rejects.
 */
export async function fillFor(
  of: Filling,
  outcome: Outcome,
  runMs: number,
  untilMs: number,
  bus: Bus,
  deps: Deps,
): Promise<void> {
  const runnable = await deps.revisions.get(of.service, of.revision, of.route).catch(() => undefined);
  // A route that is not (or no longer) known to be cached stores nothing; its lock is freed all the same.
  const rules = runnable?.route.cache;
  const ended = rules ? endOf(outcome, rules) : released;
  await send({ ...ended, key: of.cacheKey, holder: of.cacheHolder, runMs }, untilMs, bus, deps.sleep);
}

async function send(fill: CacheFill, untilMs: number, bus: Bus, sleep: Deps['sleep']): Promise<void> {
  const end = performance.now() + untilMs;
  let payload = cacheFill.encode(fill);
  while (performance.now() < end) {
    try {
      await bus.request(bus.subjects.fill, payload, { timeoutMs: TIMEOUT_MS });
      return;
    } catch (error) {
      if (!(error instanceof BusError) || error.fault === 'closed') return;
      // Larger than the bus carries: it cannot be stored, but those who wait must not wait for it.
      if (error.fault === 'too-large') {
        payload = cacheFill.encode({ ...fill, ...released });
        continue;
      }
      // A cache of the release before, which knows bodies of JSON alone.
      if (error.fault === 'malformed')
        payload = cacheFill.encode(fill.meta === '' ? fill : { ...fill, ...released }, WRITTEN);
    }
    await sleep(AGAIN_MS);
  }
}

type End = Omit<CacheFill, 'key' | 'holder' | 'runMs'>;

const released: End = {
  result: 'released',
  body: none,
  problem: none,
  ttlSeconds: 0,
  problemSeconds: 0,
  staleWhileRevalidateSeconds: 0,
  staleIfErrorSeconds: 0,
  meta: '',
};

/** How a run ended, as the cache is told: only complete successes are kept, and problems that the route names. */
function endOf(outcome: Outcome, rules: CacheRules): End {
  if (outcome.kind === 'ok' && mayBeKept(outcome.response)) {
    return {
      ...released,
      result: 'stored',
      body: outcome.body,
      ttlSeconds: rules.ttlSeconds,
      staleWhileRevalidateSeconds: rules.staleWhileRevalidateSeconds ?? 0,
      staleIfErrorSeconds: rules.staleIfErrorSeconds ?? 0,
      meta: outcome.response ? JSON.stringify(outcome.response) : '',
    };
  }
  // Those who wait for the same answer get the same problem.
  if (outcome.kind === 'problem' && ranAndFailed.has(outcome.problem.code)) {
    const kept = rules.problems && Object.entries(rules.problems).find(([code]) => code === outcome.problem.code);
    return { ...released, result: 'failed', problem: encodeOutcome(outcome), problemSeconds: kept?.[1] ?? 0 };
  }
  return released;
}

/**
 * Of responses that the route makes itself: whole successes (RFC 9110, sections 15.3 and 15.3.7), unless they say that
 * they are not to be stored, or not for everybody (RFC 9111, section 3), or set a cookie, which is a credential.
 */
function mayBeKept(response: HttpResponse | undefined): boolean {
  if (!response) return true;
  const { status, headers } = response;
  if (status < 200 || status > 299 || status === 206 || headers['set-cookie'] !== undefined) return false;
  return !/(?:^|[\s,])(?:no-store|private)(?:$|[\s,=])/i.test(headers['cache-control'] ?? '');
}
