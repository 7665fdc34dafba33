import { Counter, Histogram, type Registry } from 'prom-client';

/** The ingress's own metrics. Labels are bounded: no ids, no paths. */
export function createMetrics(registry: Registry) {
  return {
    requests: new Histogram({
      name: 'rostrum_ingress_request_seconds',
      help: 'Time from a request’s first line to its answer, by status.',
      labelNames: ['status'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
      registers: [registry],
    }),
    problems: new Counter({
      name: 'rostrum_ingress_problems_total',
      help: 'Problems answered, by code.',
      labelNames: ['code'],
      registers: [registry],
    }),
  };
}
