import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createLogger } from '@rostrum/service/logger';
import { startRedis } from '@rostrum/stack';
import { createPermits, type StartIntent } from '../../services/executor/src/permits/permits.ts';
import { openRedis } from '../../services/executor/src/redis/client.ts';

/**
 * What a permit costs: `node bench/executor/permits.ts [executions at once] [executions]`. Each takes a
 * permit, notes its workflow and releases. CPU is this process's and Redis's; the limit is never reached.
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

/** Gives how long it waited for permits, all together (ms). */
async function execute(count: number): Promise<number> {
  let waitedMs = 0;
  for (let n = 0; n < count; n++) {
    const start = performance.now();
    const result = await permits.take({
      pool: 'default',
      scope: `scope-${n % 10}`,
      limit: 1_000,
      intent: () => intent,
    });
    waitedMs += performance.now() - start;
    if (result.kind !== 'taken') throw new Error(result.kind);
    result.hold.started('0b0f4a52-7f0e-4b52-9a7e-5f4d3c2b1a01');
    await delay(HOLD_MS);
    result.hold.release();
  }
  return waitedMs;
}

async function measure(callers: number, count: number): Promise<void> {
  const [before, cpu, start] = [await serverFigures(), process.cpuUsage(), performance.now()];
  const waited = await Promise.all(Array.from({ length: callers }, () => execute(count / callers)));
  const seconds = (performance.now() - start) / 1_000;
  const [after, used] = [await serverFigures(), process.cpuUsage(cpu)];
  const each = (amount: number) => Number((amount / count).toFixed(2));
  console.log({
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

await measure(1, total / 10);
await measure(1, total / 10);
await measure(atOnce, total);
await permits.close();
await client.close();
await server.stop();
await rm(dir, { recursive: true });
