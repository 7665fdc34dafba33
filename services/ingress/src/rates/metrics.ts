import { Counter, Gauge, type Registry } from 'prom-client';
import type { RateWatch } from './limiter.ts';

/** The metrics of rate limits. */
export function createRateMetrics(registry: Registry): RateWatch {
  const registers = [registry];
  const refused = new Counter({
    name: 'rostrum_ingress_rate_refused_total',
    help: 'Requests refused because a rate limit was reached: `limit` says whether the service’s or the route’s.',
    labelNames: ['service', 'limit'],
    registers,
  });
  const asks = new Counter({
    name: 'rostrum_ingress_rate_asks_total',
    help: 'Times that Redis was asked for permits of rate limits: `answered`, `failed`, or `late` (requests have gone on without).',
    labelNames: ['result'],
    registers,
  });
  const away = new Gauge({
    name: 'rostrum_ingress_rate_away',
    help: '1 while the Redis that counts requests is away, and this process admits its share of each limit.',
    registers,
  });
  return {
    refused: ({ service, of }) => refused.inc({ service, limit: of }),
    asked: (result) => asks.inc({ result }),
    away: (now) => away.set(now ? 1 : 0),
  };
}
