import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { collectDefaultMetrics, Registry } from 'prom-client';

/** The ops server of one process: `/livez` (it runs), `/readyz` (it may be sent work), `/metrics` (Prometheus text). */
export interface Ops {
  /** Where it listens, such as `http://127.0.0.1:9090`. */
  url: string;
  /** From now on `/readyz` says that this process is stopping, so that balancers send it nothing more. */
  leaving(): void;
  close(): Promise<void>;
}

export interface OpsOptions {
  host: string;
  port: number;
  /** Undefined when the process may be sent work, else a sentence that says what it waits for. */
  notReady(): string | undefined;
  /** More paths that answer as `/readyz` does, and that a process which cannot do what they name does not have. */
  readyPaths?: readonly string[];
  registry: Registry;
}

/** Event loop delays that are shown are at least that: it is the time between two measurements (ms). */
const EVENT_LOOP_EVERY_MS = 50;

/** A registry with the process's own metrics (CPU, memory, event loop) in it. */
export function createRegistry(): Registry {
  const registry = new Registry();
  // By default the event loop is measured every 10 ms, which costs each process half a percent of a core while it does nothing.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: EVENT_LOOP_EVERY_MS });
  return registry;
}

/** Starts the ops server. Rejects when the port is taken. */
export async function startOps({ host, port, notReady, registry, readyPaths = [] }: OpsOptions): Promise<Ops> {
  let stopping = false;
  const server = createServer((request, response) => {
    const answer = (status: number, body: string, type = 'text/plain; charset=utf-8') =>
      response.writeHead(status, { 'content-type': type }).end(body);
    if (request.url === '/livez') return answer(200, 'ok\n');
    if (request.url === '/readyz' || readyPaths.includes(request.url ?? '')) {
      const reason = stopping ? 'stopping' : notReady();
      return reason === undefined ? answer(200, 'ready\n') : answer(503, `${reason}\n`);
    }
    if (request.url === '/metrics') {
      return void registry.metrics().then(
        (text) => answer(200, text, registry.contentType),
        () => answer(500, 'metrics cannot be collected\n'),
      );
    }
    return answer(404, 'try /livez, /readyz or /metrics\n');
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    leaving() {
      stopping = true;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
