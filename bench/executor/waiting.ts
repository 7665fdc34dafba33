import { setTimeout as delay } from 'node:timers/promises';
import { joinBus } from '@rostrum/shared/bus';
import { decodeJson, encodeJson, execute, snapshotAnswer } from '@rostrum/shared/messages';
import { asUser } from '@rostrum/stack';
import { round } from './measure.ts';
import { metric, metrics, setUp, startStub } from './setting.ts';

/**
 * `node bench/executor/waiting.ts [callers]`: what callers who wait for workflows that do not end cost an executor: memory,
 * and CPU while nothing happens. The bench stands in for the ingress on the bus, so that no sockets are counted.
 */
const callers = Number(process.argv[2] ?? 10_000);
const stub = await startStub(0);
await using setting = await setUp(stub.url);
const { around } = setting.gateway.stack;
const password = around.passwords.nats?.ingress as string;
const bus = await joinBus({
  url: asUser(around.natsUrl, 'ingress', password),
  namespace: 'rostrum',
  service: 'ingress',
  onFault: console.error,
});
const { heads } = decodeJson(
  snapshotAnswer,
  await bus.request(bus.subjects.config.snapshot, encodeJson({ after: '' }), { timeoutMs: 5_000 }),
);
const revision = heads.find(({ service }) => service === 'bench')?.revision as number;

const memory = async () => {
  await delay(3_000);
  const [resident, heap, external] = await Promise.all(
    ['process_resident_memory_bytes', 'nodejs_heap_size_used_bytes', 'nodejs_external_memory_bytes'].map((name) =>
      metric(setting, name),
    ),
  );
  return { resident: resident as number, used: (heap as number) + (external as number) };
};
const each = (bytes: number) => `${round(bytes / callers / 1_024, 1)} KB`;
const before = await memory();
let filling = true;
const wait = async (n: number): Promise<void> => {
  const request = execute.encode({
    ...{ requestId: `bench-${n}`, service: 'bench', revision, route: 'POST /held', principal: 'anonymous' },
    ...{ input: Buffer.from(JSON.stringify({ v: n, text: 'x'.repeat(200) })), cacheKey: '', cacheHolder: '' },
    ...{ traceparent: '', respondAsync: false, waitMs: 0, idempotencyKey: '', requestDigest: '' },
    ...{ awaitFirst: false, callerToken: '', timings: false },
  });
  await bus.request(bus.subjects.execute('default'), request, { timeoutMs: 290_000, maxItems: 1 }).catch(() => {});
  // Whoever has an answer so early was refused, by a stub that other programs keep from answering.
  if (filling) await delay(1_000).then(() => wait(n));
};
for (let n = 0; n < callers; n++) {
  void wait(n);
  if (n % 100 === 99) await delay(200);
}
for (let waits = 0; waits < callers; ) {
  await delay(1_000);
  waits = await metric(setting, 'rostrum_executor_waits');
  if (process.env.DEBUG)
    console.log(
      waits,
      await metrics(setting, 'rostrum_executor_exec'),
      await metrics(setting, 'rostrum_executor_conductor'),
    );
}
filling = false;
await delay(15_000);
const after = await memory();
const cpu = () => metric(setting, 'process_cpu_seconds_total');
const looks = () => metric(setting, 'rostrum_executor_conductor_calls_total{call="status",outcome="ok"}');
// Several times: a collection of all that the start has left behind costs as much as a minute of waiting.
const windows: { cpu: number; looks: number }[] = [];
for (let n = 0; n < 7; n++) {
  const [cpuBefore, looksBefore, from] = [await cpu(), await looks(), performance.now()];
  await delay(10_000);
  const seconds = (performance.now() - from) / 1_000;
  windows.push({
    cpu: round((((await cpu()) - cpuBefore) / seconds) * 100),
    looks: round(((await looks()) - looksBefore) / seconds, 0),
  });
}
const [least, , , median, , , most] = windows.toSorted((a, b) => a.cpu - b.cpu);
console.log(
  `${callers} callers wait: ${each(after.used - before.used)} of heap and buffers, ${each(after.resident - before.resident)} of resident memory each,`,
  `CPU ${median?.cpu} % of a core (${least?.cpu} to ${most?.cpu} in 10 s each), ${median?.looks} looks a second`,
);
await bus.close();
stub.stop();
