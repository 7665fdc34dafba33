import {
  type CacheSelection,
  type CacheStatsAnswer,
  type FilledNotice,
  type PurgeAnswer,
} from '@rostrum/shared/messages';
import { type CacheStore, StoreError } from './store.ts';

const noProblem = new Uint8Array(0);
const away = 'The cache’s Redis is away or refused; ask again: what is done already is not done twice.';

export interface PurgeOptions {
  store: Pick<CacheStore, 'purge'>;
  /** Tells every cache that these are purged. */
  announce(selections: CacheSelection[]): void;
  /** Tells every ingress that it may ask again for a key whose run is not waited for any more. */
  wake(notice: FilledNotice): void;
}

/**
 * Purges what any of these select. What ran meanwhile is not stored: its lock is gone. Never rejects for want of a store:
 * the answer's `fault` says so.
 */
export async function purge(
  selections: CacheSelection[],
  { store, announce, wake }: PurgeOptions,
): Promise<PurgeAnswer> {
  const done: PurgeAnswer = { answers: 0, locks: 0 };
  try {
    for (const selection of selections) {
      const { answers, locks, waited } = await store.purge(selection);
      done.answers += answers;
      done.locks += locks;
      for (const key of waited) wake({ key, result: 'ask', problem: noProblem });
    }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    done.fault = away;
  }
  // Also where a part of it failed: to forget too much costs a look-up, to forget too little gives what is purged.
  announce(selections);
  return done;
}

/** What is stored of a service. */
export async function stats(service: string, store: Pick<CacheStore, 'stats'>): Promise<CacheStatsAnswer> {
  try {
    const { routes, complete } = await store.stats(service);
    const told = { routes: Object.fromEntries(routes) };
    return complete ? told : { ...told, fault: 'There is too much to be counted in time: these are parts.' };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return { routes: {}, fault: away };
  }
}
