import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { openRedis } from '@rostrum/redis';
import { createLogger } from '@rostrum/service/logger';
import { SchemaCache } from '@rostrum/shared/json-schema';
import type { EdgeRevision } from '@rostrum/shared/revision';
import { startRedis } from '@rostrum/stack';
import type { Request } from '../../services/ingress/src/pipeline/context.ts';
import type { Deps } from '../../services/ingress/src/pipeline/deps.ts';
import { handleRequest } from '../../services/ingress/src/pipeline/handle-request.ts';
import { startRateLimiter } from '../../services/ingress/src/rates/limiter.ts';
import { createRateStore } from '../../services/ingress/src/redis/rate-store.ts';
import { compileService } from '../../services/ingress/src/routing/service-routes.ts';
import { RoutingTable } from '../../services/ingress/src/routing/table.ts';
import { round } from '../executor/measure.ts';

/**
 * `node bench/ingress/rate-limits.ts [requests a round]`: what a rate limit costs the ingress's pipeline (bus and HTTP left
 * out), as CPU of this process against the same without a limit, in turns; calls to Redis at a steady pace below the limit;
 * and memory a scope.
 */
const count = Number(process.argv[2] ?? 40_000);
const log = createLogger('bench', 'warn');
const dir = await mkdtemp(join(tmpdir(), 'rostrum-bench-'));
const server = await startRedis({ dir });
const client = await openRedis(server.url, { log });
let asks = 0;
const start = () =>
  startRateLimiter({
    store: createRateStore(client, 'bench', 'bench'),
    ...{ maxScopes: 20_000, timeoutMs: 1_000 },
    watch: { asked: () => void (asks += 1), refused() {}, away() {} },
  });
let limiter = await start();

const kinds = {
  none: {},
  'service, all': { rateLimit: { key: 'all', limit: 1_000_000_000, windowMs: 60_000 } },
  'service, each of 100 values': { rateLimit: { key: '${id}', limit: 1_000_000_000, windowMs: 60_000 } },
  '100,000 in 60 s': { rateLimit: { key: 'all', limit: 100_000, windowMs: 60_000 } },
} satisfies Record<string, Partial<EdgeRevision>>;
type Kind = keyof typeof kinds;

const table = new RoutingTable();
for (const [index, limits] of Object.values(kinds).entries()) {
  const route = {
    ...{ id: 'POST /', method: 'POST' as const, path: '/', queryParameters: [], requestMetadata: false },
    ...{ pool: 'default', timeoutMs: 5_000 },
  };
  const edge: EdgeRevision = {
    ...{ format: 1, service: `s${index}`, revision: 1, basePath: `/s${index}`, enabled: true, auth: { type: 'NONE' } },
    ...{ ...limits, routes: [route] },
  };
  table.update([[edge.service, compileService(edge)]]);
}
const outcome = { kind: 'ok' as const, body: Buffer.from('{}'), workflowId: 'w' };
const deps: Deps = {
  ...{ table, rates: limiter, schemas: new SchemaCache(), authenticate: () => 'anonymous' },
  executor: { execute: async () => ({ outcome, notTaken: false }), look: async () => outcome },
  ...{ catchUp: async () => {}, onProblem() {} },
} as unknown as Deps;
const hungUp = new AbortController().signal;

let refused = 0;
async function send(kind: Kind, n: number): Promise<void> {
  const body = Buffer.from(`{"id":${n % 100}}`);
  const request: Request = {
    ...{ requestId: 'r', method: 'POST', url: `/s${Object.keys(kinds).indexOf(kind)}`, receivedAt: performance.now() },
    ...{ headers: { 'content-type': 'application/json' }, readBody: async () => body, hungUp: () => hungUp },
  };
  if ((await handleRequest(request, deps)).status !== 200) refused += 1;
}

/** CPU (µs) a request, 64 at a time. */
async function cpuOf(kind: Kind): Promise<number> {
  const before = process.cpuUsage();
  for (let n = 0; n < count; n += 64) {
    await Promise.all(Array.from({ length: 64 }, (_, index) => send(kind, n + index)));
    await turn();
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

console.log({ load: loadavg().map((load) => round(load, 1)) });
const compared = ['none', 'service, all', 'service, each of 100 values'] as const;
const figures = new Map<Kind, { cpu: number; asks: number }[]>(compared.map((kind) => [kind, []]));
for (let turns = 0; turns < 6; turns++) {
  for (const kind of compared) {
    const before = asks;
    const cpu = await cpuOf(kind);
    // The first round warms up.
    if (turns > 0) figures.get(kind)?.push({ cpu, asks: ((asks - before) * 1_000) / count });
  }
}
const median = (list: number[]) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)] as number;
const base = median((figures.get('none') ?? []).map(({ cpu }) => cpu));
for (const [limit, rounds] of figures) {
  const cpu = median(rounds.map((each) => each.cpu));
  console.log({
    limit,
    'µs CPU a request': round(cpu),
    'of none': round(cpu / base),
    'calls to Redis in 1,000': round(median(rounds.map((each) => each.asks))),
  });
}

// What was fetched ahead before has no part in what follows.
await limiter.close();
limiter = await start();
deps.rates = limiter;

// Nine tenths of what the limit allows, for ten seconds.
const pace = (0.9 * 100_000) / 60_000;
const [began, before] = [performance.now(), asks];
let sent = 0;
while (performance.now() - began < 10_000) {
  const due = Math.floor((performance.now() - began) * pace);
  while (sent < due) void send('100,000 in 60 s', sent++);
  await turn();
}
console.log({
  limit: '100,000 in 60 s',
  'a second': sent / 10,
  'calls to Redis in 1,000': round(((asks - before) * 1_000) / sent),
});

global.gc?.();
const heap = process.memoryUsage().heapUsed;
const rule = table.service('s2')?.rate;
if (!rule) throw new Error('the service has a limit');
for (let n = 0; n < 10_000; n++) await limiter.take(rule, `${rule.id}scope-${n}`);
global.gc?.();
console.log({ 'bytes a scope': Math.round((process.memoryUsage().heapUsed - heap) / 10_000), refused });
await limiter.close();
await client.close();
await server.stop();
await rm(dir, { recursive: true });
