import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { joinBus } from '@rostrum/shared/bus';
import { startNats } from '@rostrum/stack';

/**
 * `node bench/bus.ts`: requests over our bus against the NATS client's own `request`, in the same run, on a real
 * nats-server, asker and responder in this process. What counts is the ratio; CPU is this process's.
 */

const total = 60_000;
const payload = Buffer.alloc(200, 'x');

interface Row {
  concurrency: number;
  way: string;
  perSecond: number;
  cpuMicros: number;
}

async function measure(way: string, concurrency: number, ask: () => Promise<unknown>): Promise<Row> {
  const lane = async (runs: number) => {
    for (let run = 0; run < runs; run++) await ask();
  };
  await Promise.all(Array.from({ length: concurrency }, () => lane(500 / concurrency)));
  const cpu = process.cpuUsage();
  const begin = performance.now();
  await Promise.all(Array.from({ length: concurrency }, () => lane(total / concurrency)));
  const ms = performance.now() - begin;
  const { user, system } = process.cpuUsage(cpu);
  return { concurrency, way, perSecond: Math.round((total / ms) * 1_000), cpuMicros: (user + system) / total };
}

const directory = await mkdtemp(join(tmpdir(), 'rostrum-bench-'));
const nats = await startNats({ dir: directory });
const joinHere = (namespace: string) => joinBus({ url: nats.url, namespace, service: 'bench', onFault: console.error });
const [asker, server] = await Promise.all([joinHere('bench'), joinHere('bench')]);
server.serve('bench.ours', 'q', (request) => request.payload);
const [nc, responder] = await Promise.all([connect({ servers: nats.url }), connect({ servers: nats.url })]);
responder.subscribe('bench.theirs', { queue: 'q', callback: (_error, message) => void message.respond(message.data) });
await Promise.all([server.nats.flush(), responder.flush()]);

console.log('concurrency  ours/s  nc.request/s  ratio  ours CPU µs  nc.request CPU µs');
for (const concurrency of [1, 8, 64, 256]) {
  const theirs = await measure('nc.request', concurrency, () =>
    nc.request('bench.theirs', payload, { timeout: 10_000 }),
  );
  const ours = await measure('ours', concurrency, () => asker.request('bench.ours', payload, { timeoutMs: 10_000 }));
  const ratio = (ours.perSecond / theirs.perSecond).toFixed(2);
  const cells = [
    concurrency,
    ours.perSecond,
    theirs.perSecond,
    `${ratio}x`,
    ours.cpuMicros.toFixed(1),
    theirs.cpuMicros.toFixed(1),
  ];
  console.log(cells.map((cell, i) => String(cell).padStart([11, 7, 13, 6, 12, 18][i] as number)).join(' '));
}
await Promise.all([asker.close(), server.close(), nc.close(), responder.close()]);
await nats.stop();
await rm(directory, { recursive: true, force: true });
