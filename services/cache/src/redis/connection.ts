import { Redis } from 'ioredis';
import { scripts } from './scripts.ts';

const RECONNECT_EVERY_MS = 100;
const CONNECT_TIMEOUT_MS = 1_000;

export interface ConnectionOptions {
  url: string;
  /** Redis counts as away when it says nothing for so long while a reply is due (ms). */
  timeoutMs: number;
  /** Redis is there (again), or gone; also told when it is away from the start. */
  onChange(connected: boolean, reason?: Error): void;
}

export interface Connection {
  redis: Redis;
  close(): void;
}

/**
 * A connection that never makes a caller wait for Redis: while it is away, commands fail at once. A frozen Redis is cut
 * off after `timeoutMs` and then is as one that is down: the connection is not `ready` before Redis has answered its
 * greeting, so trying to reconnect is what probes it. Returns when Redis is there, or has turned out not to be.
 */
export async function connectRedis({ url, timeoutMs, onChange }: ConnectionOptions): Promise<Connection> {
  const redis = new Redis(url, {
    lazyConnect: true,
    scripts,
    // Would be one more right to grant, and Redis below 7.2 does not know it.
    disableClientInfo: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    retryStrategy: () => RECONNECT_EVERY_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // One timer for the connection instead of one for each command.
    socketTimeout: timeoutMs,
    maxLoadingRetryTime: RECONNECT_EVERY_MS,
    // A primary that was demoted: its name may lead to the new one now.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  });
  let connected: boolean | undefined;
  let reason: Error | undefined;
  const change = (now: boolean) => {
    if (connected !== now) onChange(now, now ? undefined : reason);
    connected = now;
    reason = undefined;
  };
  redis.on('error', (error) => {
    reason = error;
  });
  const closed = () => change(false);
  redis.on('ready', () => change(true));
  redis.on('close', closed);
  await redis.connect().catch(() => {});
  return {
    redis,
    close() {
      redis.off('close', closed);
      redis.disconnect();
    },
  };
}
