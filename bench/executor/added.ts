import { measure, post, round } from './measure.ts';
import { setUp, startStub } from './setting.ts';

/**
 * `node bench/executor/added.ts [seconds]`: what the gateway adds to a Conductor that answers in 5 ms, at 16 callers: the
 * same two calls made directly are taken off, in the same run.
 */
const ms = Number(process.argv[2] ?? 8) * 1_000;
const stub = await startStub(5);
await using setting = await setUp(stub.url);

const direct = async () => {
  const id = await post(`${stub.url}/workflow`, { name: 'bench_short', version: 1, input: { v: 1 } });
  await (await fetch(`${stub.url}/workflow/${id}/status`)).text();
};
await measure(16, ms / 2, setting.short);
const bare = await measure(16, ms, direct);
const ours = await measure(16, ms, setting.short);
console.log(
  `two calls directly: p50 ${round(bare.p50)} p99 ${round(bare.p99)} ms; through the gateway: p50 ${round(ours.p50)} p99 ${round(ours.p99)} ms;`,
  `added: p50 ${round(ours.p50 - bare.p50)} p99 ${round(ours.p99 - bare.p99)} ms (${round(ours.perSecond, 0)}/s)`,
);
stub.stop();
