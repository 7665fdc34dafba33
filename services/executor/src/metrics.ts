import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { CallKind } from './conductor/client.ts';
import type { GateStats } from './conductor/gate.ts';

/** What the gauges read at the time of a scrape. */
export interface Readings {
  executions(): number;
  waits(): number;
  permits(): { held: number; watched: number; waiting: number };
  sandbox(): { ready: number; running: number; waiting: number; runs: number; kills: number };
  conductor(): GateStats;
}

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** The executor's own metrics. Labels are bounded by the configuration: no ids, no paths of requests. */
export function createMetrics(registry: Registry) {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `rostrum_executor_${name}`,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  const counter = (name: string, help: string, read: () => number) =>
    new Counter({
      name: `rostrum_executor_${name}`,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  const executions = new Counter({
    name: 'rostrum_executor_executions_total',
    help: 'Executions that ended here, by outcome: `ok`, `accepted`, `stale`, `handed-over`, `sent-back`, or a problem’s code.',
    labelNames: ['service', 'route', 'outcome'],
    registers,
  });
  const duration = new Histogram({
    name: 'rostrum_executor_execution_seconds',
    help: 'Time of an execution in the executor.',
    labelNames: ['service'],
    buckets: seconds,
    registers,
  });
  const calls = new Counter({
    name: 'rostrum_executor_conductor_calls_total',
    help: 'Calls to Conductor by kind and outcome: `ok`, or the fault; `overloaded` and `suspended` ones were not sent.',
    labelNames: ['call', 'outcome'],
    registers,
  });
  const callDuration = new Histogram({
    name: 'rostrum_executor_conductor_call_seconds',
    help: 'Time of a call to Conductor, its time in the queue included.',
    labelNames: ['call'],
    buckets: seconds,
    registers,
  });
  const pushes = new Counter({
    name: 'rostrum_executor_pushes_total',
    help: 'Words that a workflow may have ended, by whether somebody here waited for it.',
    labelNames: ['waited'],
    registers,
  });
  const takenOver = new Counter({
    name: 'rostrum_executor_taken_over_total',
    help: 'Executions of executors that died or stopped, whose callers are answered from here.',
    registers,
  });
  return {
    /** To be called once, when all that is read is there. */
    watch(read: Readings): void {
      gauge('executions', 'Executions in this process.', read.executions);
      gauge('waits', 'Waits for the end of a workflow.', read.waits);
      gauge(
        'permits_held',
        'Watches with or without a permit that requests of this process hold.',
        () => read.permits().held,
      );
      gauge(
        'permits_watched',
        'Watches with or without a permit whose workflow is looked for, or watched to its end.',
        () => read.permits().watched,
      );
      gauge('permits_waiting', 'Requests that wait for a concurrency permit.', () => read.permits().waiting);
      gauge('sandbox_ready', 'Processes that can run scripts.', () => read.sandbox().ready);
      gauge('sandbox_running', 'Scripts that run.', () => read.sandbox().running);
      gauge('sandbox_waiting', 'Scripts that wait for a process.', () => read.sandbox().waiting);
      counter('sandbox_runs_total', 'Scripts that were run.', () => read.sandbox().runs);
      counter(
        'sandbox_kills_total',
        'Processes that were killed because a script went over its time or memory.',
        () => read.sandbox().kills,
      );
      gauge('conductor_limit', 'Calls to Conductor that may be in flight.', () => read.conductor().limit);
      gauge('conductor_in_flight', 'Calls to Conductor in flight.', () => read.conductor().inFlight);
      gauge('conductor_queued', 'Calls that wait for their turn at Conductor.', () => read.conductor().waiting);
      gauge('conductor_queued_bytes', 'Bytes of workflow inputs that wait.', () => read.conductor().waitingBytes);
      gauge('conductor_failing', '1 while Conductor is away and not called.', () => Number(read.conductor().open));
    },
    ended(service: string, route: string, outcome: string, ms: number): void {
      executions.inc({ service, route, outcome });
      duration.observe({ service }, ms / 1_000);
    },
    called(call: CallKind, outcome: string, ms: number): void {
      calls.inc({ call, outcome });
      callDuration.observe({ call }, ms / 1_000);
    },
    tookOver(): void {
      takenOver.inc();
    },
    pushed(waited: boolean): void {
      pushes.inc({ waited: String(waited) });
    },
  };
}
