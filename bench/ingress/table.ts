import { once } from 'node:events';
import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { createLogger } from '@rostrum/service/logger';
import { type ChangedNotice, encodeJson, fetchPartBytes, type Head } from '@rostrum/shared/messages';
import { RoutingFeed } from '../../services/ingress/src/routing/feed.ts';
import { RoutingTable } from '../../services/ingress/src/routing/table.ts';
import { round } from '../executor/measure.ts';

/**
 * `node bench/ingress/table.ts [services] [routes] [large]`: for how long requests wait while the routing table follows
 * changes, of a small service among many (1,000 of 100 routes) and of one with 20,000 routes. What is measured is each
 * turn of the event loop: no request waits longer than the longest. CPU time is what the work itself takes; on a busy
 * machine the clock's time has what others took, too.
 */
const services = Number(process.argv[2] ?? 1_000);
const routes = Number(process.argv[3] ?? 100);
const large = Number(process.argv[4] ?? 20_000);
/** Of config's answers (bytes). */
const PAGE = 500_000;

/** Config's answers by where in the part they begin, made before anything is measured. */
const parts = new Map<string, Map<number, Buffer>>();
const heads = new Map<string, Head>();
const config = new Worker(new URL('./revisions.ts', import.meta.url));
let sequence = 0;
let tell = (_notice: ChangedNotice) => {};

/** As config would: announced, and fetched in pages where it is large. */
async function store(service: string, count: number): Promise<void> {
  sequence += 1;
  config.postMessage({ service, revision: sequence, count }, []);
  const [part] = (await once(config, 'message')) as [Uint8Array];
  parts.set(service, pagesOf(Buffer.from(part)));
  const head = { service, revision: sequence };
  heads.set(service, head);
}

function announce(service: string): void {
  const head = heads.get(service) as Head;
  tell({ sequence, heads: [head], after: sequence - 1 });
}

function answer(service: string, payload: Buffer): Buffer {
  const { from } = JSON.parse(payload.toString()) as { from: number };
  return parts.get(service)?.get(from) as Buffer;
}

function pagesOf(part: Buffer): Map<number, Buffer> {
  if (part.length <= PAGE) return new Map([[0, part]]);
  const pages = new Map<number, Buffer>();
  for (let from = 0; from < part.length; from += PAGE) {
    const page = part.subarray(from, from + PAGE).toString('base64');
    pages.set(from, encodeJson({ page, bytes: part.length }));
  }
  return pages;
}

const table = new RoutingTable();
const source = {
  snapshot: async () => ({ sequence, heads: [...heads.values()] }),
  edge: (service: string, revision: number) =>
    // Each answer comes in a turn of its own, as from the bus.
    fetchPartBytes(async (payload) => nextTurn(answer(service, payload)), { service, revision }),
  onChanged: (listener: typeof tell) => void (tell = listener),
};
const feed = new RoutingFeed(table, source, createLogger('bench', 'silent'));

interface Turns {
  clock: number[];
  cpu: number[];
}
const cpuMs = () => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};

/** Every turn of the event loop until `done`, with a request matched in each (ms). */
async function turnsUntil(done: () => boolean): Promise<Turns> {
  const turns: Turns = { clock: [], cpu: [] };
  let [clock, cpu] = [performance.now(), cpuMs()];
  while (!done()) {
    await new Promise((resolve) => setImmediate(resolve));
    table.match('GET', ['service-1', 'items7', 'x', 'part0']);
    const [nextClock, nextCpu] = [performance.now(), cpuMs()];
    turns.clock.push(nextClock - clock);
    turns.cpu.push(nextCpu - cpu);
    [clock, cpu] = [nextClock, nextCpu];
  }
  return turns;
}

const seen = (service: string) => table.service(service)?.edge.revision === heads.get(service)?.revision;
const most = (values: number[]) => values.reduce((a, b) => Math.max(a, b), 0);
const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);

/** How long collections of garbage held the thread up (ms). */
let collections: number[] = [];
new PerformanceObserver((list) => collections.push(...list.getEntries().map(({ duration }) => duration))).observe({
  entryTypes: ['gc'],
});

/** Changes a service so many times, one after the other. */
async function changes(what: string, service: string, count: number, times: number): Promise<void> {
  const all: Turns = { clock: [], cpu: [] };
  collections = [];
  for (let n = 0; n < times; n++) {
    await store(service, count);
    announce(service);
    const turns = await turnsUntil(() => seen(service));
    all.clock.push(...turns.clock);
    all.cpu.push(...turns.cpu);
  }
  const over = all.cpu.filter((ms) => ms > 5).length;
  console.log(
    `${what}: ${round(sum(all.cpu) / times, 2)} ms CPU a change; longest turn ${round(most(all.cpu), 2)} ms CPU`,
    `(${over} of ${all.cpu.length} turns over 5 ms), ${round(most(all.clock), 2)} ms by the clock;`,
    `${collections.filter((ms) => ms > 5).length} of ${collections.length} collections over 5 ms, the longest ${round(most(collections), 2)} ms`,
  );
}

for (let n = 0; n < 10; n++) await store(`service-${n}`, routes);
feed.start();
await feed.untilReady();
await changes(`${10 * routes} routes, one service of ${routes} changed`, 'service-3', routes, 100);
for (let n = 10; n < services; n++) await store(`service-${n}`, routes);
const loading = performance.now();
await feed.catchUp();
console.log(`${services * routes} routes loaded in ${round((performance.now() - loading) / 1_000, 2)} s`);
await changes(`${services * routes} routes, one service of ${routes} changed`, 'service-3', routes, 100);
await changes(`${services * routes} routes, one service of ${large} put in`, 'large', large, 1);
await changes(`${services * routes} routes, one service of ${large} changed`, 'large', large, 20);
await config.terminate();
