import { Gauge, Histogram, type Registry } from 'prom-client';

/** What the gauges read at the time of a scrape. */
export interface Readings {
  executions(): number;
  permits(): { held: number; watched: number };
  sandbox(): { ready: number; running: number; waiting: number };
}

/** The executor's own metrics. Labels are bounded: no ids, no paths. */
export function createMetrics(registry: Registry, readings: Readings) {
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  gauge('rostrum_executor_executions', 'Executions in this process.', readings.executions);
  gauge('rostrum_executor_permits_held', 'Concurrency permits this process renews.', () => readings.permits().held);
  gauge(
    'rostrum_executor_permits_watched',
    'Permits whose workflow is watched to its end.',
    () => readings.permits().watched,
  );
  gauge('rostrum_executor_sandbox_running', 'Scripts that run.', () => readings.sandbox().running);
  gauge('rostrum_executor_sandbox_waiting', 'Scripts that wait for a process.', () => readings.sandbox().waiting);
  const executions = new Histogram({
    name: 'rostrum_executor_execution_seconds',
    help: 'Time of an execution in the executor, by outcome (`ok`, `accepted`, `stale`, `handed-over`, `sent-back` or a problem’s code).',
    labelNames: ['outcome'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    registers: [registry],
  });
  return {
    ended(outcome: string, ms: number): void {
      executions.observe({ outcome }, ms / 1_000);
    },
  };
}
