import type { EdgeRevision } from '@rostrum/shared/revision';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Request, RouteMatch } from '../../services/ingress/src/pipeline/context.ts';
import { parseBody } from '../../services/ingress/src/pipeline/parse-body.ts';
import { encodeInput, inputOf } from '../../services/ingress/src/pipeline/splice-input.ts';
import { compileService } from '../../services/ingress/src/routing/service-routes.ts';
import { round } from '../executor/measure.ts';

/**
 * `node bench/ingress/bodies.ts`: CPU of an ingress from a body's bytes to the input that goes on the bus, where nobody
 * reads the body's members, where they are read, and as it would be without the scan.
 */
const limits = { expandedBytes: 900_000, members: 100_000 };
const queryParams = Object.create(null);

function matchOf(more: object): RouteMatch {
  const route = { id: 'POST /', method: 'POST' as const, path: '/', queryParameters: [], requestMetadata: false };
  const edge: EdgeRevision = {
    ...{ format: 1, service: 's', revision: 1, basePath: '/s', enabled: true, auth: { type: 'NONE' } },
    routes: [{ ...route, pool: 'default', timeoutMs: 1_000, ...more }],
  };
  const service = compileService(edge);
  return {
    kind: 'route',
    service,
    compiled: service.paths.find([])?.[0]?.compiled as RouteMatch['compiled'],
    pathParams: { id: '7' },
  };
}
const unread = matchOf({});
const read = matchOf({ inputSchema: true });

function order(index: number) {
  const address = { street: `Some street ${index}`, city: 'Town', zip: '12345' };
  return {
    id: index,
    name: `customer ${index}`,
    email: `c${index}@example.com`,
    tags: ['a', 'b'],
    amount: index * 1.5,
    address,
  };
}

async function input(request: Request, match: RouteMatch): Promise<Buffer> {
  return encodeInput(inputOf(match, queryParams, await parseBody(request, limits)));
}

/** Microseconds of CPU that one takes. */
async function cpuOf(work: () => unknown, times: number): Promise<number> {
  for (let n = 0; n < times / 4; n++) await work();
  const before = process.cpuUsage();
  for (let n = 0; n < times; n++) await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / times;
}

for (const [count, times] of [
  [7, 20_000],
  [650, 400],
] as const) {
  const body = Buffer.from(JSON.stringify({ orders: Array.from({ length: count }, (_, index) => order(index)) }));
  const headers = { 'content-type': 'application/json' };
  const request = { headers, readBody: async () => body } as unknown as Request;
  const zipped = gzipSync(body);
  const encoded = {
    headers: { ...headers, 'content-encoding': 'gzip' },
    readBody: async () => zipped,
  } as unknown as Request;
  const results: Record<string, number> = {
    'parsed and written, not scanned': await cpuOf(
      () => Buffer.from(JSON.stringify({ ...JSON.parse(body.toString()), id: '7' })),
      times,
    ),
    'scanned, parsed and written': await cpuOf(() => input(request, read), times),
    'scanned and spliced': await cpuOf(() => input(request, unread), times),
    'the same, sent as gzip': await cpuOf(() => input(encoded, unread), times),
    'of that, gunzip by itself': await cpuOf(() => gunzipSync(zipped), times),
  };
  const all = results['scanned, parsed and written'] as number;
  console.log(`${body.length} bytes of JSON`);
  for (const [what, us] of Object.entries(results))
    console.log(`  ${what.padEnd(34)} ${round(us, 1)} µs, × ${round(us / all, 2)}`);
}
