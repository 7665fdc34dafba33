import { digestOf } from '@rostrum/shared/digest';
import { type CacheFill, type FilledNotice, fillAnswer } from '@rostrum/shared/messages';
import type { CacheMetrics } from './metrics.ts';
import type { CacheStore, NewEntry } from './store.ts';

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
    const settled = await store.settle(fill.key, fill.holder, entryOf(fill, maxValueBytes));
    if (!settled.taken) {
      metrics.filled('stale');
      return stale;
    }
    metrics.filled(fill.result === 'stored' && !settled.stored ? 'not_stored' : fill.result);
    if (settled.waited) announce(noticeOf(fill));
    return taken;
  };
}

/** What is to be stored; undefined where nothing is. */
function entryOf(fill: CacheFill, maxValueBytes: number): NewEntry | undefined {
  const { result, meta, runMs } = fill;
  const seconds = { stored: fill.ttlSeconds, failed: fill.problemSeconds, released: 0 }[result];
  const body = result === 'stored' ? fill.body : fill.problem;
  if (seconds === 0 || body.length + meta.length > maxValueBytes) return undefined;
  const of = { coding: 0, body, meta, freshMs: seconds * 1_000, runMs };
  // A problem is never given past its time, and has no tag: each caller gets it with a request id of its own.
  if (result === 'failed') return { ...of, kind: 'problem', etag: '', staleWhileRevalidateMs: 0, staleIfErrorMs: 0 };
  return {
    ...of,
    kind: 'answer',
    // Weak (RFC 9110, section 8.8.1): what is stored may reach its callers compressed in different ways.
    etag: `W/"${digestOf(meta, body).slice(0, 22)}"`,
    staleWhileRevalidateMs: fill.staleWhileRevalidateSeconds * 1_000,
    staleIfErrorMs: fill.staleIfErrorSeconds * 1_000,
  };
}

function noticeOf({ key, result, problem }: CacheFill): FilledNotice {
  return result === 'failed' ? { key, result, problem } : { key, result: 'ask', problem: noProblem };
}
