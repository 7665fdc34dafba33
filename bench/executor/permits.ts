import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createLogger } from '@rostrum/service/logger';
import { startRedis } from '@rostrum/stack';
import { createPermits, type StartIntent } from '../../services/executor/src/permits/permits.ts';
import { openRedis } from '@rostrum/redis';

/**
 * What a permit costs: `node bench/executor/permits.ts [executions at once] [executions]`. Each takes a permit with its
 * intent and watch record, notes its workflow and releases. CPU is this process's and Redis's. `free`: the limit is never
 * reached; `waited for`: an eighth of those at once find one, the others wait; `none`: the bench itself, without permits.
 */
const [atOnce = 64, total = 40_000] = process.argv.slice(2).map(Number);
const log = createLogger('bench', 'warn');
const dir = await mkdtemp(join(tmpdir(), 'rostrum-bench-'));
const server = await startRedis({ dir });
const client = await openRedis(server.url, { log });
const permits = await createPermits({
  ...{ redis: client, namespace: 'bench', pools: ['default'], owner: 'bench', leaseMs: 30_000, log },
  ...{
    looker: { look: async () => 'ended', find: async () => undefined },
    permitLookMs: 1_000,
    unresolvedBoundMs: 1_000,
  },
  onWanted: (pool, names) => {
    for (const name of names) permits.freed(pool, name);
  },
});
await permits.settled;

const ids = {
  service: 'orders',
  revision: 3,
  route: 'create',
  workflow: 'create_order',
  requestId: 'req-1',
  principal: 'anonymous',
  cacheKey: '',
  cacheHolder: '',
};
const intent: StartIntent = {
  ...{ ...ids, correlationId: '0b0f4a52-7f0e-4b52-9a7e-5f4d3c2b1a00', replyTo: 'rostrum.reply.ingress-1', replyId: 1 },
  ...{ remainingMs: 30_000, startWithinMs: 5_000 },
};

/** How long each workflow runs (ms): long enough for its id to be written before its end is. */
const HOLD_MS = 2;

type Kind = 'none' | 'free' | 'waited for';
let waits = 0;

/** Gives how long it waited for permits, all together (ms). */
async function execute(kind: Kind, callers: number, count: number): Promise<number> {
  let waitedMs = 0;
  for (let n = 0; n < count; n++) {
    if (kind === 'none') {
      await delay(HOLD_MS);
      continue;
    }
    const start = performance.now();
    const [scope, limit, ms] =
      kind === 'free' ? [`scope-${n % 10}`, 1_000, 0] : ['waited', Math.ceil(callers / 8), 60_000];
    const wait = { id: `waiter-${waits++}`, until: { remaining: () => ms } };
    const result = await permits.take({ pool: 'default', scope, limit, intent: () => intent, wait });
    waitedMs += performance.now() - start;
    if (result.kind !== 'taken') throw new Error(result.kind);
    result.hold.started('0b0f4a52-7f0e-4b52-9a7e-5f4d3c2b1a01');
    await delay(HOLD_MS);
    result.hold.release();
  }
  return waitedMs;
}

async function measure(kind: Kind, callers: number, count: number): Promise<void> {
  const [before, cpu, start] = [await serverFigures(), process.cpuUsage(), performance.now()];
  const waited = await Promise.all(Array.from({ length: callers }, () => execute(kind, callers, count / callers)));
  await permits.flush();
  const seconds = (performance.now() - start) / 1_000;
  const [after, used] = [await serverFigures(), process.cpuUsage(cpu)];
  const each = (amount: number) => Number((amount / count).toFixed(2));
  console.log({
    permits: kind,
    callers,
    'µs until a permit is taken': Math.round((waited.reduce((sum, ms) => sum + ms, 0) * 1_000) / count),
    'per second': Math.round(count / seconds),
    'µs CPU here': each(used.user + used.system),
    'µs CPU in Redis': each((after.cpu - before.cpu) * 1e6),
    'calls to Redis': each(after.calls - before.calls),
    'commands in Redis, with those inside scripts': each(after.commands - before.commands),
  });
}

/** Commands that clients sent, all that ran (scripts' own included), CPU (s). */
async function serverFigures(): Promise<{ calls: number; commands: number; cpu: number }> {
  const info = await client.redis.info('everything');
  const number = (pattern: RegExp) => Number(pattern.exec(info)?.[1]);
  const scripts = [...info.matchAll(/cmdstat_(eval|evalsha):calls=(\d+)/g)];
  const calls = scripts.reduce((sum, [, , count]) => sum + Number(count), 0);
  const all = [...info.matchAll(/cmdstat_(?!info|hello|client)[^:]+:calls=(\d+)/g)];
  const commands = all.reduce((sum, [, count]) => sum + Number(count), 0);
  return { calls, commands, cpu: number(/used_cpu_sys:([\d.]+)/) + number(/used_cpu_user:([\d.]+)/) };
}

// Once to warm up.
await measure('free', atOnce, total / 4);
for (const callers of [1, 8, atOnce]) {
  for (const kind of ['none', 'free'] as const) await measure(kind, callers, callers === 1 ? total / 20 : total / 2);
}
await measure('waited for', atOnce, total / 4);
await permits.close();
await client.close();
await server.stop();
await rm(dir, { recursive: true });
