import { Counter, Gauge, type Registry } from 'prom-client';
import { valuesOf } from './domain/records.ts';
import { servicesBehind } from './revisions/publish.ts';
import type { ConfigStore, RevisionStore } from './storage/store.ts';

/** The config service's own metrics; what is counted is read when they are asked for. */
export function registerMetrics(registry: Registry, config: ConfigStore, revisions: RevisionStore) {
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `rostrum_config_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  gauge('sequence', 'Last sequence of the config bucket that this replica has seen.', () => config.state.sequence);
  gauge('services', 'Services there are.', () => valuesOf(config.state.services).length);
  gauge(
    'revisions_behind',
    'Services whose newest revision is not out yet.',
    () => servicesBehind(config, revisions).length,
  );
  const answered = new Counter({
    name: 'rostrum_config_requests_total',
    help: 'Requests of the admin API, by method and status.',
    labelNames: ['method', 'status'],
    registers: [registry],
  });
  const auditLost = new Counter({
    name: 'rostrum_config_audit_lost_total',
    help: 'Calls of the admin API that are not in the audit log, because NATS was away for long.',
    registers: [registry],
  });
  return {
    auditLost: (count: number) => auditLost.inc(count),
    answered: (method: string, status: number) => answered.inc({ method, status }),
    commits: new Counter({
      name: 'rostrum_config_commits_total',
      help: 'Commits tried: `stored`, or `conflict` because another was first (and then tried again).',
      labelNames: ['outcome'],
      registers: [registry],
    }),
  };
}
