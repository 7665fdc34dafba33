/** `node packages/sandbox/bench.ts [runs]`: how long a warm run of a three-line script takes, one after another. */
import { createSandbox } from './src/index.ts';

const runs = Number(process.argv[2] ?? 5_000);
const script = `const total = $.items.reduce((sum, item) => sum + item.price * item.count, 0);
const names = $.items.map((item) => item.name);
({ total, names })`;
const input = JSON.stringify({
  items: Array.from({ length: 5 }, (_, id) => ({ name: `item-${id}`, price: id, count: 2 })),
});
const run = { script, input, deadlineMs: 5_000, owner: 'bench', revision: 'bench@1:pre' };

const percentile = (sorted: number[], part: number) => sorted[Math.floor((sorted.length - 1) * part)] as number;

async function measure(label: string, pause: () => unknown): Promise<void> {
  const times: number[] = [];
  for (let index = 0; index < runs; index++) {
    const begin = performance.now();
    await sandbox.run(run);
    times.push((performance.now() - begin) * 1_000);
    await pause();
  }
  times.sort((a, b) => a - b);
  const [p50, p90, p99] = [0.5, 0.9, 0.99].map((part) => percentile(times, part).toFixed(0));
  process.stdout.write(`${label}: p50 ${p50} µs, p90 ${p90} µs, p99 ${p99} µs\n`);
}

async function throughput(callers: number): Promise<void> {
  const begin = performance.now();
  const caller = async () => {
    for (let index = 0; index < runs / callers; index++) await sandbox.run(run);
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const perSecond = runs / ((performance.now() - begin) / 1_000);
  process.stdout.write(`${callers} callers at once: ${perSecond.toFixed(0)} runs/s\n`);
}

const sandbox = await createSandbox({ size: 4 });
await measure('warming up', () => undefined);
await measure('one after another', () => undefined);
await measure('with 1 ms between', () => new Promise((resolve) => setTimeout(resolve, 1)));
await throughput(8);
await sandbox.close();
