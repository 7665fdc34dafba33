import { registerBus } from '@rostrum/service/bus-metrics';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { createLayerMetrics as cacheLayers } from '../../services/cache/src/layers/metrics.ts';
import { createMetrics as cache } from '../../services/cache/src/metrics.ts';
import { registerMetrics as config } from '../../services/config/src/metrics.ts';
import { createMetrics as executor } from '../../services/executor/src/metrics.ts';
import { createHttpMetrics as ingressHttp } from '../../services/ingress/src/http/metrics.ts';
import { createMetrics as ingress } from '../../services/ingress/src/metrics.ts';

/** What is counted is never read here, so there need be nothing to read. */
const nothing = {} as never;

/** As the services make them when they start. */
const registered: Record<string, (registry: Registry) => void> = {
  'every service': (registry) => registerBus(registry, nothing),
  ingress(registry) {
    ingress(registry).watch(nothing);
    ingressHttp(registry).watch(nothing);
  },
  executor: (registry) => executor(registry).watch(nothing),
  cache: (registry) => void [cache(registry), cacheLayers(registry)],
  config: (registry) => void config(registry, nothing, nothing),
};

/** A table of each service's metrics, from its real registry. */
export function metricsTables(): string {
  return Object.entries(registered)
    .map(([service, register]) => {
      const registry = new Registry();
      register(registry);
      const rows = registry.getMetricsAsArray().map((metric) => {
        // Neither is part of prom-client's types, and both are of its metrics.
        const { name, help, labelNames } = metric as unknown as { name: string; help: string; labelNames: string[] };
        return `| \`${name}\` | ${typeOf(metric)} | ${labelNames.map((label) => `\`${label}\``).join(', ')} | ${help} |`;
      });
      return [`## ${service}`, '', '| name | type | labels | what it is |', '| --- | --- | --- | --- |', ...rows].join(
        '\n',
      );
    })
    .join('\n\n');
}

function typeOf(metric: unknown): string {
  if (metric instanceof Counter) return 'counter';
  if (metric instanceof Gauge) return 'gauge';
  if (metric instanceof Histogram) return 'histogram';
  throw new Error('A metric of a kind that docs/metrics.md does not know: name it in scripts/lib/metrics-page.ts.');
}
