import { createConductor } from '../../services/executor/src/conductor/client.ts';
import { settingsSchema } from '../../services/executor/src/config.ts';
import { measure, post, round } from './measure.ts';
import { define } from './setting.ts';

/**
 * `CONDUCTOR_SERVER_URL=… node bench/executor/limits.ts [seconds]`: a short workflow started and looked at with so many in
 * flight, and by 64 callers through the executor's gate, whose limit finds itself (ADR 6). Warm the server first: what
 * counts is how close the last line comes to the best before it, in the same run.
 */
const url = process.env.CONDUCTOR_SERVER_URL;
if (!url) throw new Error('Set CONDUCTOR_SERVER_URL to a Conductor with Redis storage, /api included.');
const ms = Number(process.argv[2] ?? 5) * 1_000;
await define(url);

const direct = async () => {
  const id = await post(`${url}/workflow`, { name: 'bench_short', version: 1, input: { v: 1 } });
  await (await fetch(`${url}/workflow/${id}/status?includeOutput=true`)).text();
};
for (const inFlight of [1, 2, 3, 4, 6, 8, 12, 16, 32, 64]) {
  const { perSecond } = await measure(inFlight, ms, direct);
  console.log(`${inFlight} in flight: ${round(perSecond, 0)}/s`);
}

const conductor = createConductor(settingsSchema.parse({ CONDUCTOR_SERVER_URL: url }), {
  onCall() {},
  onBreaker: (open) => console.log('failing:', open),
  onFull() {},
});
const start = { name: 'bench_short', version: 1, input: '{"v":1}', correlationId: 'bench', traceparent: '' };
const gated = async () => {
  const id = await conductor.start(start, { lane: 'start', share: 'bench', withinMs: 30_000 });
  await conductor.status(id, { lane: 'look', share: 'bench', withinMs: 30_000 });
};
for (let part = 1; part <= 3; part++) {
  const { perSecond, p50 } = await measure(64, ms, gated);
  const { limit } = conductor.stats();
  console.log(
    `64 callers through the gate, part ${part}: ${round(perSecond, 0)}/s, p50 ${round(p50)} ms, limit ${limit}`,
  );
}
await conductor.close();
