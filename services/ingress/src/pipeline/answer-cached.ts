import { boundLabel, cacheKey } from '@rostrum/shared/cache-key';
import { readKey, resolveKey } from '@rostrum/shared/key-template';
import type { CacheAnswer, CacheAsk, Outcome } from '@rostrum/shared/messages';
import { Problem } from '@rostrum/shared/problems';
import type { CallerControl } from './cache-control.ts';
import { type CacheStatus, cacheStatusField } from './cache-status.ts';
import type { Execution, Executor, HeldLock } from './execute.ts';
import type { Refreshes } from './refreshes.ts';
import { type Kept, keptOf, storedOutcome } from './stored-answer.ts';

/** How the cache replied to one ask: its answer, or that it is away (at once), or silent (for as long as an ask may take). */
export type AskResult = CacheAnswer | 'away' | 'silent';

/** The cache service, and the word of it that keys were filled. */
export interface Cache {
  /** Never rejects. */
  ask(ask: CacheAsk): Promise<AskResult>;
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
  /** Of an answer that was stored. */
  kept?: Kept;
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
export async function answerCached(
  execution: Execution,
  control: CallerControl,
  { cache, executor, refreshes }: { cache: Cache; executor: Executor; refreshes: Refreshes },
): Promise<Answer> {
  const named = nameOf(execution);
  const key = named?.key;
  const { holder } = execution;
  /** Ours once the cache says so. */
  const heldLock = named && { key: named.key, holder };
  /** What may be given should the run fail, and since when it is known. */
  let standIn: { answer: CacheAnswer; at: number } | undefined;

  const finish = (outcome: Outcome, status: CacheStatus): Answer => {
    const stored = standIn && isTrouble(outcome) ? storedOutcome(standIn.answer) : undefined;
    if (!standIn || !stored || outcome.kind !== 'problem') return { outcome, cacheStatus: cacheStatusField(status) };
    const kept = keptOf(standIn.answer, performance.now() - standIn.at);
    const { status: fwdStatus } = outcome.problem;
    const instead = { ...status, fwd: 'stale', fwdStatus, ttl: kept.leftSeconds, detail: 'stale-if-error' } as const;
    return { outcome: stored, kept, cacheStatus: cacheStatusField(instead) };
  };
  const run = async (status: CacheStatus, lock?: HeldLock): Promise<Answer> => {
    const { outcome, notTaken } = await executor.execute(execution, lock);
    if (lock && notTaken) cache.release(lock);
    // The executor fills the cache: what it does not store, such as an answer that is too large, is not known here.
    const stored = lock !== undefined && outcome.kind === 'ok' && (outcome.response?.status ?? 200) < 300;
    return finish(outcome, { ...status, stored });
  };
  const give = (answer: CacheAnswer, collapsed: boolean): Answer | Promise<Answer> => {
    const outcome = storedOutcome(answer);
    const lock = answer.locked ? heldLock : undefined;
    if (!outcome) return run({ fwd: 'bypass', key, detail: 'unreadable' }, lock);
    if (lock) refreshes.start(execution, lock);
    const kept = keptOf(answer);
    const status: CacheStatus =
      collapsed && !answer.stale ? { fwd: 'miss', collapsed } : { hit: true, ttl: kept.leftSeconds };
    return { outcome, kept, cacheStatus: cacheStatusField({ ...status, key }) };
  };
  const bypass = (detail: string): Answer | Promise<Answer> =>
    control.onlyIfCached ? notCached(key) : run({ fwd: 'bypass', detail });

  if (execution.idempotency) return bypass('idempotency-key');
  if (!named) return bypass('key-incomplete');
  if (control.onlyIfCached && control.noCache) return notCached(key);
  if (control.noStore && !control.onlyIfCached) return run({ fwd: 'request', detail: 'no-store' });

  const lockMs = execution.match.compiled.route.timeoutMs + LOCK_MARGIN_MS;
  const { maxStaleSeconds } = control;
  const since = performance.now();
  const waits = () => Math.min(execution.remaining(), execution.patience() ?? Number.POSITIVE_INFINITY);
  let wants: CacheAsk['wants'] = control.onlyIfCached ? 'stored' : control.noCache ? 'revalidate' : 'any';
  let collapsed = false;
  let silences = 0;
  // Asked at least once, also by a request whose upload has used its time up.
  do {
    const askedAt = performance.now();
    const answer = await cache.ask({ ...named, holder, lockMs, wants, maxStaleSeconds });
    if (answer === 'away') return bypass('cache-unavailable');
    if (answer === 'silent') {
      if (++silences === 2) return bypass('cache-unavailable');
      continue;
    }
    const { verdict, locked } = answer;
    if (verdict === 'none') return notCached(key);
    if (verdict === 'hit') {
      // Who wants a new answer takes that of a run that was under way, and none from before.
      if (!control.noCache || answer.ageSeconds * 1_000 <= performance.now() - since) return give(answer, collapsed);
      wants = 'revalidate';
      continue;
    }
    standIn = answer.stale && !control.noCache ? { answer, at: performance.now() } : undefined;
    const fwd = control.noCache ? 'request' : standIn ? 'stale' : 'miss';
    if (verdict === 'run') return locked ? run({ fwd, key }, heldLock) : bypass('cache-unavailable');
    collapsed = true;
    wants = 'any';
    const patience = Math.min(ASK_AGAIN_MS, answer.lockMs + 1, waits());
    const failure = patience > 0 ? await cache.waitFor(named.key, askedAt, patience) : undefined;
    if (failure) return finish({ kind: 'problem', problem: failure }, { fwd, collapsed, key });
  } while (waits() > 0);
  if (execution.remaining() > 0) return run({ fwd: 'miss', key, detail: 'preferred-wait-over' });
  const problem = new Problem(
    'deadline-exceeded',
    'The same request is under way and has not ended before this one’s deadline.',
  );
  return finish({ kind: 'problem', problem }, { fwd: 'miss', collapsed, key });
}

/** What stands for an error where an older answer will do (RFC 5861, section 4): 500, 502, 503 and 504. */
function isTrouble(outcome: Outcome): boolean {
  return outcome.kind === 'problem' && outcome.problem.status >= 500;
}

function notCached(key: string | undefined): Answer {
  const problem = new Problem('not-cached', 'There is no stored answer to this request, and it asked for no other.');
  return { outcome: { kind: 'problem', problem }, cacheStatus: cacheStatusField({ key, detail: 'only-if-cached' }) };
}

/** Undefined when the request lacks a field that the route's template names. */
function nameOf({
  match,
  input,
  principal,
}: Execution): Pick<CacheAsk, 'key' | 'service' | 'route' | 'label'> | undefined {
  const { cacheKey: template, route } = match.compiled;
  const values = template && resolveKey(template, input);
  if (!template || values === undefined || !route.cache) return undefined;
  const { service } = match.service.edge;
  return {
    key: cacheKey(service, route.cache.shape, values, route.cache.byPrincipal ? principal : ''),
    service,
    route: route.id,
    label: boundLabel(readKey(template, input) ?? ''),
  };
}
