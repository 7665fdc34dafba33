import { setTimeout as delay } from 'node:timers/promises';
import { type Gateway, startGateway } from '@rostrum/testkit';
import { request } from 'undici';
import { round } from '../executor/measure.ts';

/**
 * `node bench/config/scale.ts [services] [routes]`: many routes (1,000 services of 100), half of them with a schema of
 * 1 KB and a script: how long a change takes to be live on every ingress, what it costs beside the same change among
 * few, how soon a new ingress is ready, and what a route takes of an ingress's memory.
 */
const services = Number(process.argv[2] ?? 1_000);
const routes = Number(process.argv[3] ?? 100);
const few = 10;
const changes = 20;

await using gateway = await startGateway({
  ...{ config: 2, ingress: 2, executor: 0, cache: 0 },
  conductor: { url: 'http://127.0.0.1:9' },
  env: { all: { LOG_LEVEL: 'warn' } },
});
const { stack } = gateway;

async function send(method: string, path: string, json?: unknown): Promise<void> {
  const answer = await gateway.admin.fetch(`/api/gateway/config/${path}`, { method, ...(json ? { json } : {}) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${(await answer.text()).slice(0, 500)}`);
  await answer.body?.cancel();
}

/** A schema of 1 KB that no other route has. */
function schema(service: number, route: number): object {
  const properties = Object.fromEntries(
    Array.from({ length: 14 }, (_, n) => [
      `field${n}`,
      { type: n % 2 ? 'string' : 'integer', description: `Of ${service}-${route}, ${n}` },
    ]),
  );
  return { type: 'object', properties, required: ['field0'] };
}

function routeOf(service: number, route: number): object {
  const plain = {
    httpMethod: route % 3 ? 'GET' : 'POST',
    path: `/items${route}/{id}/part${route % 7}`,
    mappedWorkflow: { name: `work-${route}`, version: 1 },
  };
  const script = `(function () { return { ...$, from: ${JSON.stringify(`${service}-${route}`)} }; })()`;
  return route % 2 ? { ...plain, inputSchema: schema(service, route), preRequestScript: script } : plain;
}

function serviceOf(number: number): object {
  return {
    ...{ id: `service-${number}`, path: `/base-${number}`, authConfigId: 'all' },
    routes: Array.from({ length: routes }, (_, route) => routeOf(number, route)),
  };
}

const seconds = (from: number) => round((performance.now() - from) / 1_000);

async function metricOf(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name}(?:\\{.*\\})? (.*)$`, 'm').exec(text)?.[1] ?? Number.NaN);
}

const opsOf = (service: 'config' | 'ingress', index: number) => stack.services[service][index]?.ready['ops'] as string;
const cpu = (service: 'config' | 'ingress') => metricOf(opsOf(service, 0), 'process_cpu_seconds_total');

/** After a few collections: what is really held. */
async function memory(index: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < 10; tries++) {
    await delay(500);
    const [heap, external] = await Promise.all(
      ['nodejs_heap_size_used_bytes', 'nodejs_external_memory_bytes'].map((name) =>
        metricOf(opsOf('ingress', index), name),
      ),
    );
    least = Math.min(least, (heap as number) + (external as number));
  }
  return least;
}

/** Changes one service so that one more path is there, until every ingress knows it (it then answers 401, not 404). */
async function change(number: number, nth: number): Promise<{ stored: number; live: number }> {
  const path = `/new-${nth}`;
  const from = performance.now();
  await send('POST', `services/service-${number}/routes`, {
    ...{ httpMethod: 'GET', path, mappedWorkflow: { name: 'work' } },
  });
  const stored = performance.now() - from;
  await Promise.all(gateway.urls.ingress.map((url) => untilKnown(`${url}/base-${number}${path}`)));
  return { stored, live: performance.now() - from };
}

async function untilKnown(url: string): Promise<void> {
  for (;;) {
    const { statusCode, body } = await request(url);
    await body.dump();
    if (statusCode !== 404) return;
    await delay(2);
  }
}

interface Cost {
  stored: number;
  live: number;
  worst: number;
  configMs: number;
  ingressMs: number;
}

async function costOfChanges(first: number): Promise<Cost> {
  const [configFrom, ingressFrom] = [await cpu('config'), await cpu('ingress')];
  const times: { stored: number; live: number }[] = [];
  for (let n = 0; n < changes; n++) times.push(await change(n % few, first + n));
  const [configTo, ingressTo] = [await cpu('config'), await cpu('ingress')];
  const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
  return {
    stored: median(times.map(({ stored }) => stored)),
    live: median(times.map(({ live }) => live)),
    worst: Math.max(...times.map(({ live }) => live)),
    configMs: ((configTo - configFrom) / changes) * 1_000,
    ingressMs: ((ingressTo - ingressFrom) / changes) * 1_000,
  };
}

function tell(what: string, { stored, live, worst, configMs, ingressMs }: Cost): void {
  console.log(
    `${what}: a change is stored in ${round(stored, 0)} ms and live on both ingresses in ${round(live, 0)} ms (worst ${round(worst, 0)});`,
    `CPU ${round(configMs, 0)} ms in config, ${round(ingressMs, 0)} ms in an ingress (the bench's questions included)`,
  );
}

async function load(from: number, to: number): Promise<void> {
  const waiting = Array.from({ length: to - from }, (_, n) => from + n);
  const loader = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      await send('POST', 'services', serviceOf(next));
  };
  await Promise.all(Array.from({ length: 8 }, loader));
}

await send('POST', 'auth', { id: 'all', authenticationType: 'API_KEY' });
await load(0, few);
await untilKnown(`${gateway.url}/base-${few - 1}/items0/x/part0`);
const empty = await memory(0);
const little = await costOfChanges(0);
tell(`${few * routes} routes`, little);

const loading = performance.now();
await load(few, services);
const took = seconds(loading);
console.log(
  `${(services - few) * routes} routes stored by the API in ${took} s (${round(((services - few) * routes) / took, 0)}/s)`,
);

const much = await costOfChanges(changes);
tell(`${services * routes} routes`, much);
console.log(
  `among ${services / few} times as many a change costs ${round(much.configMs / little.configMs)} times the CPU in config, ${round(much.ingressMs / little.ingressMs)} times in an ingress`,
);

const held = await memory(0);
console.log(`an ingress holds ${round((held - empty) / ((services - few) * routes), 0)} bytes a route`);

await newReplicas(gateway);

async function newReplicas({ stack: { services: running } }: Gateway): Promise<void> {
  const ingress = performance.now();
  await stack.add('ingress');
  console.log(`a new ingress is ready in ${seconds(ingress)} s`);
  const config = performance.now();
  await stack.add('config');
  console.log(`a new config replica is ready in ${seconds(config)} s (${running.config.length} run)`);
}
