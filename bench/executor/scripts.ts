import { loadavg } from 'node:os';
import { createSandbox, type Sandbox, type ScriptRun } from '@rostrum/sandbox';

/**
 * `node bench/executor/scripts.ts`: what a route's script costs, the hop to its process included; what another route's
 * looping script does to it; what a second process brings. Ratios are of the same run, of turns that alternate.
 */

const plain = `const total = $.items.reduce((sum, item) => sum + item.price * item.count, 0);
const names = $.items.map((item) => item.name);
({ total, names })`;
/** A script that sets a built-in gets a fresh context with each run, whatever it sets. */
const inFreshContexts = `Error.stackTraceLimit = 10;\n${plain}`;
const input = JSON.stringify({
  items: Array.from({ length: 5 }, (_, id) => ({ name: `item-${id}`, price: id, count: 2 })),
});
const scriptRun = (script: string, owner = 'orders', revision = 'usual'): ScriptRun => ({
  ...{ script, input, deadlineMs: 1_000, owner, revision: `${owner}@1:${revision}` },
});

const percentile = (times: number[], part: number) =>
  [...times].sort((a, b) => a - b)[Math.floor((times.length - 1) * part)] as number;
const show = (times: number[]) =>
  [0.5, 0.9, 0.99].map((part) => `p${part * 100} ${Math.round(percentile(times, part))} µs`).join(', ');
const ratio = (ours: number[], others: number[], part: number) =>
  (percentile(ours, part) / percentile(others, part)).toFixed(2);

async function timed(sandbox: Sandbox, run: ScriptRun, times: number[]): Promise<void> {
  const begin = performance.now();
  await sandbox.run(run);
  times.push((performance.now() - begin) * 1_000);
}

async function latency(): Promise<void> {
  const sandbox = await createSandbox({ size: 4 });
  const [hardened, fresh]: [number[], number[]] = [[], []];
  const turn = async (runs: number, intoHardened: number[], intoFresh: number[]) => {
    for (let count = 0; count < runs; count++) await timed(sandbox, scriptRun(plain), intoHardened);
    for (let count = 0; count < runs; count++) {
      await timed(sandbox, scriptRun(inFreshContexts, 'orders', 'fresh'), intoFresh);
    }
  };
  await turn(500, [], []);
  for (let turns = 0; turns < 20; turns++) await turn(250, hardened, fresh);
  console.log(`hardened context  ${show(hardened)}`);
  console.log(`fresh contexts    ${show(fresh)}`);
  console.log(`ratio             p50 ${ratio(hardened, fresh, 0.5)}, p99 ${ratio(hardened, fresh, 0.99)}`);
  await sandbox.close();
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Runs the usual script every 10 ms for that long (ms), whether or not the ones before have ended. */
async function everyTenMs(sandbox: Sandbox, run: ScriptRun, ms: number, times: number[]): Promise<void> {
  const end = performance.now() + ms;
  const running: Promise<void>[] = [];
  while (performance.now() < end) {
    running.push(timed(sandbox, run, times));
    await pause(10);
  }
  await Promise.all(running);
}

async function fairness(owner: string): Promise<void> {
  const sandbox = await createSandbox({ size: 4 });
  const usual = scriptRun(plain, owner);
  await everyTenMs(sandbox, usual, 1_000, []);
  const [alone, uncaught, beside]: [number[], number[], number[]] = [[], [], []];
  for (let turn = 0; turn < 3; turn++) {
    await everyTenMs(sandbox, usual, 2_000, alone);
    // Another revision each time, which nobody knows yet.
    const loop = scriptRun('for (;;);', 'orders', `looping ${turn}`);
    const loops: Promise<unknown>[] = [];
    const looping = setInterval(() => loops.push(sandbox.run(loop).catch(() => {})), 20);
    // Until it has been caught twice, it runs where the others do.
    await everyTenMs(sandbox, usual, 3_000, uncaught);
    await everyTenMs(sandbox, usual, 2_000, beside);
    clearInterval(looping);
    await Promise.all(loops);
  }
  console.log(`of ${owner}, alone: ${show(alone)}`);
  for (const [when, times] of [['first three seconds', uncaught] as const, ['later', beside] as const]) {
    const ratios = `ratio p50 ${ratio(times, alone, 0.5)}, p99 ${ratio(times, alone, 0.99)}`;
    console.log(`  beside 50 looping runs/s of orders, ${when}: ${show(times)}; ${ratios}`);
  }
  await sandbox.close();
}

/** Runs/s of a script that computes for some milliseconds. */
async function computing(processes: number): Promise<number> {
  // Half of a pool is the most one owner gets.
  const sandbox = await createSandbox({ size: processes, spares: 0 });
  const script = 'let h = 0; for (let i = 0; i < 3e6; i++) h = (h * 31 + i) | 0; h';
  const lanes = Array.from({ length: processes }, (_, lane) => scriptRun(script, `lane-${lane}`));
  for (const run of lanes) for (let count = 0; count < 10; count++) await sandbox.run({ ...run, deadlineMs: 10_000 });
  const begin = performance.now();
  let runs = 0;
  const lane = async (run: ScriptRun) => {
    for (; performance.now() < begin + 3_000; runs++) await sandbox.run({ ...run, deadlineMs: 10_000 });
  };
  await Promise.all(lanes.map(lane));
  const perSecond = (runs / (performance.now() - begin)) * 1_000;
  await sandbox.close();
  return perSecond;
}

console.log(`load of the machine before: ${loadavg()[0]?.toFixed(2)}`);
await latency();
await fairness('billing');
await fairness('orders');
const [one, two] = [await computing(1), await computing(2)];
console.log(
  `computing scripts: ${one.toFixed(0)}/s in 1 process, ${two.toFixed(0)}/s in 2: ${(two / one).toFixed(2)}x`,
);
