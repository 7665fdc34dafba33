import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLogger } from '@rostrum/service/logger';
import { expect, it } from 'vitest';
import { startTracing, type Tracing } from './index.ts';

const none = { traceparent: '', tracestate: '' };

async function tracingTo(endpoint: string, lines: string[]): Promise<Tracing> {
  const settings = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_SAMPLER_ARG: 1, NAMESPACE: 'test' };
  const log = createLogger('test', 'info', { write: (line) => void lines.push(line) });
  const tracing = await startTracing({ settings, service: 'test', process: 'p', log });
  return tracing as Tracing;
}

/** A port that nobody listens on. */
async function deadPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

it('a collector that is away costs a log line, and does not hold up who stops', async () => {
  const lines: string[] = [];
  const tracing = await tracingTo(`http://127.0.0.1:${await deadPort()}`, lines);
  for (let i = 0; i < 10_000; i++) tracing.begin('a', 'server', none).end();
  const began = performance.now();
  await tracing.close();
  expect(performance.now() - began).toBeLessThan(5_000);
  await expect.poll(() => lines.length, { timeout: 20_000 }).toBeGreaterThan(0);
  expect(lines.length).toBeLessThan(3);
  expect(lines.join()).toMatch(/spans/);
});

it('a collector that hangs holds up who stops for two seconds, not longer', async () => {
  const server = createServer(() => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const tracing = await tracingTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, []);
  tracing.begin('a', 'server', none).end();
  const began = performance.now();
  await tracing.close();
  expect(performance.now() - began).toBeLessThan(5_000);
  server.closeAllConnections();
  server.close();
});

it('without a collector nothing of OpenTelemetry is loaded', () => {
  const script = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ resolve(name, context, next) { loaded.push(name); return next(name, context); } });
    const { startTracing } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)});
    const tracing = await startTracing({ settings: {} });
    console.log(JSON.stringify({ tracing: tracing ?? null, otel: loaded.filter((name) => /telemetry/.test(name)) }));`;
  const said = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' });
  expect(JSON.parse(said)).toEqual({ tracing: null, otel: [] });
});
