import { type CacheFill, type FilledNotice, fillAnswer } from '@rostrum/shared/messages';
import type { CacheMetrics } from './metrics.ts';
import type { CacheStore } from './store.ts';

const taken = fillAnswer.encode({ result: 'taken' });
const stale = fillAnswer.encode({ result: 'stale' });
const noProblem = new Uint8Array(0);

export interface FillOptions {
  store: CacheStore;
  metrics: CacheMetrics;
  /** Larger bodies are not stored: their lock is freed, and those who waited ask again. */
  maxValueBytes: number;
  /** Tells every ingress. */
  announce(notice: FilledNotice): void;
}

/**
 * Takes fills and answers with an encoded FillAnswer. Safe to repeat: what was stored already by the same holder is
 * taken again, and announced again, since whoever stored it may not have lived to announce it.
 *
 * @throws {StoreError} as the promise's rejection: nothing is known of the fill, it has to be repeated.
 */
export function createFills(options: FillOptions): (fill: CacheFill) => Promise<Uint8Array> {
  const { store, metrics, maxValueBytes, announce } = options;
  return async (fill) => {
    const storable = fill.result === 'stored' && fill.ttlSeconds > 0 && fill.body.length <= maxValueBytes;
    const settled = await store.settle(fill, storable);
    if (!settled.taken) {
      metrics.filled('stale');
      return stale;
    }
    metrics.filled(fill.result === 'stored' && !settled.stored ? 'not_stored' : fill.result);
    if (settled.waited) announce(noticeOf(fill));
    return taken;
  };
}

function noticeOf({ key, result, problem }: CacheFill): FilledNotice {
  return result === 'failed' ? { key, result, problem } : { key, result: 'ask', problem: noProblem };
}
