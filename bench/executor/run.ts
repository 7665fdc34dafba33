import { measure, type Measured, round } from './measure.ts';
import { setUp } from './setting.ts';

/**
 * `CONDUCTOR_SERVER_URL=… node bench/executor/run.ts [seconds]`: workflows through the gateway against Conductor's own
 * `execute`, in the same run. Use a Conductor with Redis storage; what counts are the ratios.
 */
const conductor = process.env.CONDUCTOR_SERVER_URL;
if (!conductor) throw new Error('Set CONDUCTOR_SERVER_URL to a Conductor with Redis storage, /api included.');
const ms = Number(process.argv[2] ?? 6) * 1_000;

await using setting = await setUp(conductor);
const { short, execute } = setting;
const row = (what: string, ours: Measured, theirs: Measured) =>
  console.log(
    what.padEnd(22),
    `gateway ${round(ours.perSecond, 0)}/s p50 ${round(ours.p50)} p99 ${round(ours.p99)} ms`.padEnd(46),
    `execute ${round(theirs.perSecond, 0)}/s p50 ${round(theirs.p50)} p99 ${round(theirs.p99)} ms`.padEnd(46),
    `rate ${round(ours.perSecond / theirs.perSecond)}x  p50 ${round(ours.p50 / theirs.p50, 3)}`,
  );

// Both are warm before anything counts.
await measure(32, ms, short);
await measure(32, ms / 2, () => execute('bench_short'));
for (const callers of [1, 8, 64]) {
  const theirs = await measure(callers, ms, () => execute('bench_short'));
  const ours = await measure(callers, ms, short);
  row(`short, ${callers} callers`, ours, theirs);
}
