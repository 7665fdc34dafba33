import { digestOf } from '@rostrum/shared/digest';
import { resolveKey } from '@rostrum/shared/key-template';
import type { CacheAnswer, Outcome } from '@rostrum/shared/messages';
import { Problem } from '@rostrum/shared/problems';
import type { Execution, Executor, HeldLock } from './execute.ts';

/** How the cache replied to one ask: its answer, or that it is away (at once), or silent (for as long as an ask may take). */
export type AskResult = CacheAnswer | 'away' | 'silent';

/** The cache service, and the word of it that keys were filled. */
export interface Cache {
  /** Never rejects. */
  ask(key: string, holder: string, lockMs: number): Promise<AskResult>;
  /** Frees the lock of an execution that was never begun. Never rejects. */
  release(lock: HeldLock): void;
  /**
   * Until the key is filled or given up (the problem, if its run failed), or `ms` have passed. `since`
   * (`performance.now()`): a word that came after it counts, so that none is missed between an ask and the wait.
   */
  waitFor(key: string, since: number, ms: number): Promise<Problem | undefined>;
}

export interface Answer {
  outcome: Outcome;
  /** `Cache-Status` (RFC 9211), undefined for a route without a cache. */
  cacheStatus?: string;
}

/** A follower asks again after so long, in case the word was lost. */
const ASK_AGAIN_MS = 1_000;
/** A lock outlives the route's wait by the time that scripts and the fill may take. */
const LOCK_MARGIN_MS = 10_000;

/**
 * The answer from the cache, from another's execution that is under way, or from one of our own. Who prefers not to wait
 * so long follows another's for as long, and then leaves with the id of one of its own: the other's is not known here.
 * An idempotent request goes past the cache: what it gets is the first answer to its own key.
 */
export async function answerCached(execution: Execution, cache: Cache, executor: Executor): Promise<Answer> {
  const key = cacheKeyOf(execution);
  const run = async (cacheStatus: string, lock?: HeldLock): Promise<Answer> => {
    const { outcome, notTaken } = await executor.execute(execution, lock);
    if (lock && notTaken) cache.release(lock);
    return { outcome, cacheStatus };
  };
  if (execution.idempotency) return run('rostrum; fwd=bypass; detail=idempotency-key');
  if (key === undefined) return run('rostrum; fwd=bypass; detail=key-incomplete');

  const { holder } = execution;
  const lockMs = execution.match.compiled.route.timeoutMs + LOCK_MARGIN_MS;
  const waits = () => Math.min(execution.remaining(), execution.patience() ?? Number.POSITIVE_INFINITY);
  let collapsed = false;
  let silences = 0;
  // Asked at least once, also by a request whose upload has used its time up.
  do {
    const askedAt = performance.now();
    const answer = await cache.ask(key, holder, lockMs);
    if (answer === 'away') return run('rostrum; fwd=bypass; detail=cache-unavailable');
    if (answer === 'silent') {
      if (++silences === 2) return run('rostrum; fwd=bypass; detail=cache-unavailable');
      continue;
    }
    const { verdict } = answer;
    if (verdict === 'hit') {
      const outcome = { kind: 'ok' as const, body: answer.body, workflowId: '' };
      return {
        outcome,
        cacheStatus: collapsed ? 'rostrum; fwd=miss; collapsed' : `rostrum; hit; ttl=${answer.ttlSeconds}`,
      };
    }
    if (verdict === 'run') {
      return answer.locked
        ? run('rostrum; fwd=miss', { key, holder })
        : run('rostrum; fwd=bypass; detail=cache-unavailable');
    }
    collapsed = true;
    const patience = Math.min(ASK_AGAIN_MS, answer.lockMs + 1, waits());
    const failure = patience > 0 ? await cache.waitFor(key, askedAt, patience) : undefined;
    if (failure) return { outcome: { kind: 'problem', problem: failure }, cacheStatus: 'rostrum; fwd=miss; collapsed' };
  } while (waits() > 0);
  if (execution.remaining() > 0) return run('rostrum; fwd=miss; detail=preferred-wait-over');
  const problem = new Problem(
    'deadline-exceeded',
    'The same request is under way and has not ended before this one’s deadline.',
  );
  return { outcome: { kind: 'problem', problem }, cacheStatus: 'rostrum; fwd=miss; collapsed' };
}

/** Undefined when the request lacks a field that the route's template names. */
function cacheKeyOf({ match, input, principal }: Execution): string | undefined {
  const { cacheKey, route } = match.compiled;
  const values = cacheKey && resolveKey(cacheKey, input);
  if (values === undefined || !route.cache) return undefined;
  return digestOf(match.service.edge.service, route.cache.shape, values, route.cache.byPrincipal ? principal : '');
}
