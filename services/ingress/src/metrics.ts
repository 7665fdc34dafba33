import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { AskResult } from './pipeline/answer-cached.ts';
import type { Reply, Request } from './pipeline/context.ts';
import { createRateMetrics } from './rates/metrics.ts';
import { type RefreshResult, refreshResults } from './pipeline/refreshes.ts';

/** The ingress's own metrics. Labels are bounded by the configuration: no ids, no paths of requests. */
export function createMetrics(registry: Registry) {
  const registers = [registry];
  const requests = new Counter({
    name: 'rostrum_ingress_requests_total',
    help: 'Requests answered. `service` and `route` are `none` where nothing matched, `route` is `executions` where one was looked at; `outcome` is `ok`, or a problem’s code.',
    labelNames: ['service', 'route', 'status', 'outcome'],
    registers,
  });
  const duration = new Histogram({
    name: 'rostrum_ingress_request_seconds',
    help: 'Time from a request’s first line to its answer.',
    labelNames: ['service'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    registers,
  });
  const asks = new Counter({
    name: 'rostrum_ingress_cache_answers_total',
    help: 'What the cache said when asked: `hit`, `stale` (given past its time), `wait` (the same runs), `run`, `run_unlocked` (its Redis is away), `none` (nothing was to be run); or that it is `away`, or `silent` for a second.',
    labelNames: ['verdict'],
    registers,
  });
  const refreshes = new Counter({
    name: 'rostrum_ingress_cache_refreshes_total',
    help: 'Stored answers that were to be made anew while they were given: `done`, `failed`, or `refused` (too many at once, or the gateway was leaving).',
    labelNames: ['result'],
    registers,
  });
  const refreshed = Object.fromEntries(refreshResults.map((result) => [result, refreshes.labels(result)]));
  const issuers = new Counter({
    name: 'rostrum_ingress_issuer_looks_total',
    help: 'Looks for the keys of issuers of tokens, `ok` or `failed`.',
    labelNames: ['outcome'],
    registers,
  });
  return {
    rates: createRateMetrics(registry),
    /** To be called once, when the table is there. */
    watch: (services: () => number): Gauge =>
      new Gauge({
        name: 'rostrum_ingress_services',
        help: 'Services in the routing table.',
        registers,
        collect() {
          this.set(services());
        },
      }),
    answered({ matched, receivedAt }: Request, { status, problem }: Reply): void {
      const { service = 'none', route = 'none' } = matched ?? {};
      requests.inc({ service, route, status, outcome: problem ?? 'ok' });
      duration.observe({ service }, (performance.now() - receivedAt) / 1_000);
    },
    issuerLooked(ok: boolean): void {
      issuers.inc({ outcome: ok ? 'ok' : 'failed' });
    },
    cacheAsked(result: AskResult): void {
      asks.inc({ verdict: verdictOf(result) });
    },
    refreshed: (result: RefreshResult): void => refreshed[result]?.inc(),
  };
}

function verdictOf(result: AskResult): string {
  if (typeof result === 'string') return result;
  if (result.verdict === 'hit' && result.stale) return 'stale';
  return result.verdict === 'run' && !result.locked ? 'run_unlocked' : result.verdict;
}
