import type { RedisClient } from '@rostrum/redis';

/** An execution that was started for a route. */
export interface StartedExecution {
  workflowId: string;
  requestId: string;
  principal: string;
  /** ms since 1970. */
  startTime: number;
}

/** The last executions of each route, for people who look after it: some may be missing after a fault of Redis. */
export interface RecentExecutions {
  /** Notes one. Costs no more than a push: what is noted is written once a second, for all. */
  started(service: string, route: string, execution: StartedExecution): void;
  /** Those started from `start` to `end`, newest first. Rejects when Redis is away. */
  list(service: string, route: string, start: number, end: number): Promise<StartedExecution[]>;
  /** Writes what is noted. Never rejects. */
  flush(): Promise<void>;
}

export interface RecentOptions {
  redis: RedisClient;
  namespace: string;
  /** How many are kept of one route; 0: none are noted. */
  perRoute: number;
  keepSeconds: number;
  /** Of how many routes; those that ran longest ago are forgotten. Unless given so many that it stays below 50 MB. */
  routes?: number;
}

const EVERY_MS = 1_000;
const ROUTES = 5_000;

/** In Redis: a sorted set for each route, by the time of the start, and one that tells which route ran last. */
export function createRecentExecutions(options: RecentOptions): RecentExecutions {
  const { namespace, perRoute, keepSeconds, routes = ROUTES } = options;
  const { redis } = options.redis;
  const index = `${namespace}:recent`;
  const key = (service: string, route: string) => `${index}:${service}:${route}`;
  let noted = new Map<string, StartedExecution[]>();
  let timer: NodeJS.Timeout | undefined;

  const write = async (batch: ReadonlyMap<string, StartedExecution[]>): Promise<void> => {
    const now = Date.now();
    const pipeline = redis.pipeline();
    for (const [name, executions] of batch) {
      const members = executions.slice(-perRoute).flatMap((each) => [each.startTime, toMember(each)]);
      pipeline
        .zadd(name, ...members)
        .zremrangebyrank(name, 0, -perRoute - 1)
        .pexpire(name, keepSeconds * 1_000);
    }
    pipeline.zadd(index, ...[...batch.keys()].flatMap((name) => [now, name])).zcard(index);
    const results = await pipeline.exec();
    const surplus = Number(results?.at(-1)?.[1] ?? 0) - routes;
    if (surplus <= 0) return;
    // Some more, so that not every write has to.
    const forgotten = await redis.zrange(index, 0, `${Math.max(surplus, Math.ceil(routes / 50)) - 1}`);
    await redis
      .pipeline()
      .del(...forgotten)
      .zrem(index, ...forgotten)
      .exec();
  };
  const flush = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const batch = noted;
    noted = new Map();
    // While Redis is away they are lost: they are worth no memory.
    if (batch.size > 0) await write(batch).catch(() => {});
  };
  return {
    started(service, route, execution) {
      if (perRoute === 0) return;
      const name = key(service, route);
      const executions = noted.get(name);
      if (!executions) noted.set(name, [execution]);
      // Twice as many at most, so that few are moved.
      else if (executions.push(execution) > 2 * perRoute) executions.splice(0, perRoute);
      timer ??= setTimeout(() => void flush(), EVERY_MS).unref();
    },
    async list(service, route, start, end) {
      const name = key(service, route);
      const found = await redis.zrevrangebyscore(name, end, start, 'WITHSCORES', 'LIMIT', 0, perRoute);
      const count = found.length / 2;
      return Array.from({ length: count }, (_, at) => fromMember(found[2 * at] as string, Number(found[2 * at + 1])));
    },
    flush,
  };
}

function toMember({ workflowId, requestId, principal }: StartedExecution): string {
  return JSON.stringify([workflowId, requestId, principal]);
}

function fromMember(member: string, startTime: number): StartedExecution {
  const [workflowId, requestId, principal] = JSON.parse(member) as [string, string, string];
  return { workflowId, requestId, principal, startTime };
}
