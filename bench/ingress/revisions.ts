import { parentPort } from 'node:worker_threads';
import { encodeJson } from '@rostrum/shared/messages';
import { type EdgeRevision, routeId } from '@rostrum/shared/revision';

/** The config of `table.ts`, in a thread of its own: what it leaves to be collected is not the ingress's. */
function revisionOf(service: string, revision: number, count: number): EdgeRevision {
  const properties = Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`field${n}`, { type: 'string' }]));
  return {
    ...{ format: 1, service, revision, basePath: `/${service}`, enabled: true, auth: { type: 'NONE' } },
    routes: Array.from({ length: count }, (_, n) => {
      const path = `/items${n}/{id}/part${n % 7}`;
      return {
        ...{ id: routeId('GET', path), method: 'GET', path, queryParameters: [], requestMetadata: false },
        ...{ pool: 'default', timeoutMs: 30_000 },
        ...(n % 4 ? {} : { inputSchema: { type: 'object', title: `${service}-${n}`, properties } }),
      };
    }),
  };
}

parentPort?.on('message', ({ service, revision, count }: { service: string; revision: number; count: number }) =>
  parentPort?.postMessage(encodeJson(revisionOf(service, revision, count)), []),
);
