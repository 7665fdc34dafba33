import type { Logger } from '@rostrum/service/logger';
import { Redis } from 'ioredis';

/** How long a command may take, and a connection attempt (ms). */
const TIMEOUT_MS = 500;
/** Longest pause between two attempts to connect (ms). */
const RECONNECT_MS = 200;

/** Redis is away, or did not answer in time; the cause says what happened. */
export class RedisUnavailable extends Error {
  override name = 'RedisUnavailable';
}

/** A Lua script as a function. Rejects with an error named `RedisUnavailable` when it may not have run. */
export type Script = (keys: readonly string[], args: readonly (string | number)[]) => Promise<unknown>;

/** One connection to Redis. Nothing on it ever waits for a server that is away. */
export interface RedisClient {
  /** For commands. They reject at once while the connection is away, and after 500 ms at the latest. */
  readonly redis: Redis;
  /** Whether commands can be sent now. */
  readonly ready: boolean;
  /** Calls back each time the connection has (again) become ready; returns how to stop that. */
  onReady(listener: () => void): () => void;
  /** `name` is the script's own on this client. Survives SCRIPT FLUSH. */
  script(name: string, lua: string): Script;
  /** Lets commands that are under way finish, as long as any command may take. */
  close(): Promise<void>;
}

export interface RedisClientOptions {
  log: Logger;
  /** How long to wait for the first connection (ms) before going on without; 1 s unless given. */
  connectMs?: number;
}

/**
 * Opens the connection to `url` and waits a moment for it. Never rejects for a server that is away: it is tried again
 * every 200 ms, for ever.
 */
export async function openRedis(url: string, { log, connectMs = 1_000 }: RedisClientOptions): Promise<RedisClient> {
  const redis = new Redis(url, {
    // Whoever calls is told at once and answers 503; a queue would make requests wait for a server that is away.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    commandTimeout: TIMEOUT_MS,
    connectTimeout: TIMEOUT_MS,
    // A server that hangs keeps its connection: give it up, so that commands fail at once instead of after a wait.
    socketTimeout: 2 * TIMEOUT_MS,
    retryStrategy: (attempt) => Math.min(attempt * 20, RECONNECT_MS),
    // After a failover the server that was ours may be a replica: connect again, to the one behind the address now.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  });
  logOutages(redis, log);
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, connectMs);
    redis.once('ready', () => {
      clearTimeout(timer);
      resolve();
    });
  });
  return {
    redis,
    get ready() {
      return redis.status === 'ready';
    },
    onReady(listener) {
      redis.on('ready', listener);
      return () => redis.off('ready', listener);
    },
    script: (name, lua) => defineScript(redis, name, lua),
    async close() {
      if (redis.status === 'ready') await redis.quit().catch(() => {});
      redis.disconnect();
    },
  };
}

function defineScript(redis: Redis, name: string, lua: string): Script {
  redis.defineCommand(name, { lua });
  const run = (redis as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>)[name]!.bind(redis);
  return async (keys, args) => {
    if (redis.status !== 'ready') throw new RedisUnavailable(`Redis is away (${redis.status})`);
    gather(redis);
    try {
      return await run(keys.length, ...keys, ...args);
    } catch (cause) {
      throw new RedisUnavailable(`Redis did not run ${name}: ${(cause as Error).message}`, { cause });
    }
  };
}

/** What is sent in one turn of the event loop leaves in one write, which costs more than all else about a command. */
function gather({ stream }: Redis): void {
  if (stream.writableCorked > 0) return;
  stream.cork();
  setImmediate(() => stream.uncork());
}

/** One line when the server goes and one when it is back, not one for each attempt. */
function logOutages(redis: Redis, log: Logger): void {
  let away = false;
  redis.on('error', (error: Error) => {
    // Its message alone: where it is the greeting that failed, the error has the command, and that the password.
    if (!away) log.warn({ reason: error.message }, 'Redis is away');
    away = true;
  });
  redis.on('close', () => {
    if (!away && redis.status !== 'end') log.warn('Redis has closed the connection');
    away = true;
  });
  redis.on('ready', () => {
    if (away) log.info('Redis is back');
    away = false;
  });
}
