import { fork } from 'node:child_process';
import { once } from 'node:events';
import { measure, type Measured, round } from './measure.ts';
import { define, metric, setUp } from './setting.ts';

/**
 * `CONDUCTOR_SERVER_URL=… node bench/executor/run.ts [seconds]`: workflows through the gateway against Conductor's own
 * `execute`, in the same run. Use a Conductor with Redis storage; what counts are the ratios.
 */
const conductor = process.env.CONDUCTOR_SERVER_URL;
if (!conductor) throw new Error('Set CONDUCTOR_SERVER_URL to a Conductor with Redis storage, /api included.');
const ms = Number(process.argv[2] ?? 6) * 1_000;

await define(conductor);
await using setting = await setUp(conductor);
const { short, execute, call } = setting;
const row = (what: string, ours: Measured, theirs: Measured, more = '') =>
  console.log(
    what.padEnd(20),
    `gateway ${round(ours.perSecond, 0)}/s p50 ${round(ours.p50, 1)} p99 ${round(ours.p99, 1)} ms`.padEnd(46),
    `execute ${round(theirs.perSecond, 0)}/s p50 ${round(theirs.p50, 1)} p99 ${round(theirs.p99, 1)} ms`.padEnd(46),
    `rate ${round(ours.perSecond / theirs.perSecond)}x  p50 ${round(ours.p50 / theirs.p50, 3)} ${more}`,
  );

// Both are warm before anything counts.
await measure(32, ms, short);
await measure(32, ms / 2, () => execute('bench_short'));
for (const callers of [1, 8, 64]) {
  const theirs = await measure(callers, ms, () => execute('bench_short'));
  const ours = await measure(callers, ms, short);
  row(`short, ${callers} callers`, ours, theirs, `limit ${await metric(setting, 'rostrum_executor_conductor_limit')}`);
}

const worker = fork(new URL('./worker.ts', import.meta.url).pathname, [conductor]);
await once(worker, 'message');
await measure(8, ms / 2, () => call('/simple'));
const theirs = await measure(8, ms, () => execute('bench_simple'));
const reads = () => metric(setting, 'rostrum_executor_conductor_calls_total{call="status",outcome="ok"}');
const starts = () => metric(setting, 'rostrum_executor_conductor_calls_total{call="start",outcome="ok"}');
const [readsBefore, startsBefore] = [await reads(), await starts()];
const ours = await measure(8, ms, () => call('/simple'));
const each = ((await reads()) - readsBefore) / ((await starts()) - startsBefore);
row('SIMPLE, 8 callers', ours, theirs, `status reads each ${round(each)}`);
worker.kill();
