import { LRUCache } from 'lru-cache';
import type { Part, RevisionStore } from '../storage/store.ts';

type Get = RevisionStore['get'];
interface Named {
  service: string;
  revision: number;
  part: Part;
}

/**
 * Parts of revisions, at most so many bytes of them. They never change, so nothing here can be wrong. Many who ask for
 * the same at once (every ingress, after a change) cost one read. What is not there is not remembered: it may come.
 */
export function cacheParts(maxBytes: number, get: Get): Get {
  const cache = new LRUCache<string, Uint8Array, Named>({
    maxSize: maxBytes,
    sizeCalculation: ({ length }) => Math.max(1, length),
    fetchMethod: (_key, _stale, { context: { service, revision, part } }) => get(service, revision, part),
  });
  return (service, revision, part) =>
    cache.fetch(`${service}.${revision}.${part}`, { context: { service, revision, part } });
}
