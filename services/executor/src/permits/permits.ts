import { setTimeout as delay } from 'node:timers/promises';
import { randomId } from '@rostrum/shared/ids';
import type { Logger } from '@rostrum/service/logger';
import type { RedisClient } from '@rostrum/redis';
import { permitName } from './keys.ts';
import { WatchHold } from './hold.ts';
import type { OnWanted } from './notes.ts';
import { Queue } from './queue.ts';
import { PermitStore } from './store.ts';
import { type Orphan, type PermitRequest, type Permits, PermitsUnavailable, type WorkflowLooker } from './types.ts';
import type { Attempt } from './waiter.ts';
import { Watch } from './watch.ts';
import { Watcher } from './watcher.ts';

export * from './types.ts';

/** `Retry-After` counts in seconds, and nobody can tell when a workflow will end. */
const FULL_RETRY_MS = 1_000;
const START_MARGIN_MS = 2_000;
/** A client whose server is back is connected within this (ms): its longest pause between two attempts is 200. */
const CONNECT_MS = 300;
const MOST_WAITING = 10_000;

export interface PermitsOptions {
  redis: RedisClient;
  /** First part of every key. */
  namespace: string;
  /** Whose watches this process takes over: those it serves. */
  pools: readonly string[];
  /** Names this process in watch records; need not be unique. */
  owner: string;
  /** A permit's lease (ms). A watch's is a third of it, and both are renewed every third of the watch's. */
  leaseMs: number;
  looker: WorkflowLooker;
  /** Longest pause between two looks at a workflow (ms). */
  permitLookMs: number;
  /** How long after the latest moment of its start a permit is held where the server cannot tell whether it ran (ms). */
  unresolvedBoundMs: number;
  /** How long after the latest moment of its start a workflow may still become visible (ms); 2 s unless given. */
  startMarginMs?: number | undefined;
  /** Told once for each watch taken over whose caller was not answered, when it is known what became of its start. */
  onOrphan?: ((orphan: Orphan) => void) | undefined;
  /** Requests that may wait for a permit in this process; 10,000 unless given. */
  mostWaiting?: number | undefined;
  /** A permit was freed here that somebody in the fleet waits for: {@link Permits.freed} is to be called everywhere. */
  onWanted?: OnWanted | undefined;
  log: Logger;
}

/**
 * Permits of executions, counted in Redis. Takes over at once what dead executors of these pools have left; does not
 * fail when Redis is away.
 */
export async function createPermits(options: PermitsOptions): Promise<Permits> {
  const { redis, namespace, leaseMs } = options;
  const watchLeaseMs = Math.floor(leaseMs / 3);
  const renewMs = Math.floor(watchLeaseMs / 3);
  const store = new PermitStore({
    redis,
    namespace,
    // Unique: who comes back under the same name must not pass for the one whose watches were taken over.
    owner: `${options.owner}/${randomId()}`,
    leaseMs,
    watchLeaseMs,
    // A renewal interval, and some more for the renewal itself to arrive; also from who has to connect again first.
    settleMs: Math.ceil(renewMs * 1.25) + CONNECT_MS,
  });
  const { startMarginMs = START_MARGIN_MS, mostWaiting = MOST_WAITING, onWanted = () => {} } = options;
  const watcher = new Watcher({ ...options, startMarginMs, onWanted, store, renewMs });

  async function attempt(request: PermitRequest, mayWait: boolean): Promise<Attempt> {
    if (!redis.ready) throw new PermitsUnavailable('No permit can be taken: Redis is away');
    const { pool, scope, limit, intent, wait } = request;
    const watch = Watch.create(pool, permitName(scope), intent());
    const { kind, value } = await store.take(watch, limit, (mayWait && wait?.id) || '').catch((cause: Error) => {
      // It may have been taken all the same: an answer can be lost on its way.
      watch.stored = true;
      watcher.free(watch);
      throw unavailable(cause);
    });
    if (kind === 'recovering') return { kind, retryAfterMs: value };
    if (kind === 'taken') {
      watch.stored = true;
      watcher.keep(watch);
      return { kind, hold: WatchHold.of(watch, watcher), before: value };
    }
    const full = { kind: 'full' as const, retryAfterMs: FULL_RETRY_MS, limit, running: value };
    return kind === 'full' ? full : { kind, full };
  }
  const queue = new Queue({ store, most: mostWaiting, attempt, unavailable });

  const recoveringMs = await watcher.begin();

  return {
    settled: delay(recoveringMs),
    get ready() {
      return redis.ready;
    },
    without: (pool, correlationId, intent) => WatchHold.without(watcher, pool, correlationId, intent),
    flush: () => watcher.flush(),
    wake: (workflowId) => watcher.wake(workflowId),
    stats: () => ({ ...watcher.stats(), waiting: queue.size }),
    take: (request) => queue.take(request),
    freed: (pool, name) => queue.wake(pool, name),
    withdraw: (waitId) => queue.withdraw(waitId),
    sendBack: () => queue.leave(),
    async close() {
      queue.leave();
      await watcher.close();
    },
  };
}

function unavailable(cause: Error): PermitsUnavailable {
  return new PermitsUnavailable(`No permit can be taken: ${cause.message}`, { cause });
}
