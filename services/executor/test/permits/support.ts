import { createLogger } from '@rostrum/service/logger';
import { useRedis } from '@rostrum/testkit';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { permitName, poolKeys } from '../../src/permits/keys.ts';
import { createPermits, type Hold, type Permits, type PermitsOptions } from '../../src/permits/permits.ts';
import type { PermitRequest, TakeResult } from '../../src/permits/permits.ts';
import { openRedis, type RedisClient } from '@rostrum/redis';
import type { FakeConductor } from './fake-conductor.ts';
import { intent, pool, scope } from './scope.ts';

export { intent, pool, scope } from './scope.ts';

const log = createLogger('test', process.env['TEST_LOG'] ?? 'silent');
/** A watch's lease is 600 ms, it is renewed every 200 ms. */
export const leaseMs = 1_800;

/** One executor's permits, on a connection of its own. */
export interface Executor {
  permits: Permits;
  client: RedisClient;
  /** As SIGKILL: from now on nothing it does reaches Redis. */
  kill(): Promise<void>;
}

/** A Redis server, and executors on it that stop with each test. */
export function useExecutors() {
  const server = useRedis();
  const executors: Executor[] = [];
  let admin: Redis;
  beforeAll(async () => {
    admin = new Redis(server.url);
    admin.on('error', () => {});
  });
  afterEach(async () => {
    await Promise.all(executors.splice(0).map((executor) => executor.kill()));
  });
  afterAll(() => admin.disconnect());

  return {
    server,
    get admin() {
      return admin;
    },
    async start(ns: string, conductor: FakeConductor, options: Partial<PermitsOptions> = {}): Promise<Executor> {
      const client = await openRedis(server.url, { log });
      const common = { owner: 'executor', leaseMs, permitLookMs: 50, unresolvedBoundMs: 60_000, startMarginMs: 300 };
      const permits = await createPermits({
        ...{ ...common, redis: client, namespace: ns, pools: [pool], looker: conductor, log },
        ...options,
      });
      const executor: Executor = {
        permits,
        client,
        async kill() {
          client.redis.disconnect();
          await permits.close();
        },
      };
      executors.push(executor);
      await permits.settled;
      return executor;
    },
    /** What stands in Redis. */
    state(ns: string) {
      const keys = poolKeys(ns, pool);
      const permit = keys.permit(permitName(scope));
      return {
        permits: () => admin.zcard(permit),
        watches: () => admin.zcard(keys.watches),
        leaseEnd: async (id: string) => Number(await admin.zscore(permit, id)),
        record: (id: string) => admin.hgetall(keys.watch(id)),
        owner: (id: string) => admin.hget(keys.watch(id), 'owner'),
        /** Everything but the marker, which is to stay. */
        keys: async () => (await admin.keys(`${ns}:*`)).filter((key) => key !== keys.marker),
        now: async () => {
          const [seconds, micros] = await admin.time();
          return Number(seconds) * 1_000 + Number(micros) / 1_000;
        },
      };
    },
  };
}

export async function takeOne(executor: Executor, limit = 1, wanted = intent()): Promise<Hold> {
  const result = await take(executor, limit, { intent: () => wanted });
  if (result.kind !== 'taken') throw new Error(`No permit: ${JSON.stringify(result)}`);
  return result.hold;
}

export function take(executor: Executor, limit = 1, more: Partial<PermitRequest> = {}): Promise<TakeResult> {
  return executor.permits.take({ pool, scope, limit, intent, ...more });
}
