import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis';
import { readAddresses } from './addresses.ts';
import { clusterLayout, type Layout, oneServer } from './layout.ts';
import { scripts } from './scripts.ts';

const RECONNECT_EVERY_MS = 100;
const CONNECT_TIMEOUT_MS = 1_000;
/** The network may have lost a connection on which nothing comes for so long (ms). */
const SILENCE_MS = 1_000;
/** How often a command is sent on when a cluster's slots have moved, or one of its servers is away. */
const REDIRECTIONS = 3;

export interface ConnectionOptions {
  /** *single*: a server. *cluster*: `url` lists some of its servers. *sentinel*: `url` lists sentinels. */
  mode?: 'single' | 'cluster' | 'sentinel';
  /** Comma-separated where there are several; user, password and database are those of the first. */
  url: string;
  /** What the sentinels call the primary. */
  sentinelName?: string;
  /** The sentinels' own password, `''` where they want none. */
  sentinelPassword?: string;
  /** A server that owes an answer and says nothing for so long has its connection closed (ms); 1 s unless given. */
  timeoutMs?: number;
  /** Redis is there (again), or gone; also told when it is away from the start. */
  onChange(connected: boolean, reason?: Error): void;
}

export interface Connection {
  redis: Redis | Cluster;
  layout: Layout;
  close(): void;
}

/**
 * A connection that never makes a caller wait for Redis: while it is away, commands fail at once. There is one TCP
 * connection to each server, on which everything is pipelined; a cluster is asked through one more for its slots. A
 * server that has been silent for too long is as one that is down: the connection is not `ready` before Redis has answered its
 * greeting, so trying to reconnect is what probes it. Behind sentinels, each attempt asks them for the primary anew.
 * Returns when Redis is there, or has turned out not to be.
 */
export async function connectRedis(options: ConnectionOptions): Promise<Connection> {
  const { redis, layout } = open(options);
  let connected: boolean | undefined;
  let reason: Error | undefined;
  const change = (now: boolean) => {
    if (connected !== now) options.onChange(now, now ? undefined : reason);
    connected = now;
    reason = undefined;
  };
  const failed = (error: Error) => {
    reason = error;
  };
  redis.on('error', failed);
  redis.on('node error', failed);
  const closed = () => change(false);
  redis.on('ready', () => change(true));
  redis.on('close', closed);
  await redis.connect().catch(() => {});
  return {
    redis,
    layout,
    close() {
      redis.off('close', closed);
      redis.disconnect();
    },
  };
}

function open(options: ConnectionOptions) {
  const { mode = 'single', url, sentinelName = '', sentinelPassword = '', timeoutMs = SILENCE_MS } = options;
  const addresses = readAddresses(url);
  // One timer for the connection instead of one for each command.
  const server = { ...serverOptions, socketTimeout: timeoutMs };
  if (mode === 'cluster') {
    const { db: _, ...login } = addresses.login;
    const redis = new Cluster(addresses.servers, {
      ...clusterOptions,
      redisOptions: { ...server, ...login },
      // A certificate names a host, not its address.
      ...(login.tls ? { dnsLookup: (host, callback) => callback(null, host) } : {}),
    });
    return { redis, layout: clusterLayout(redis) };
  }
  const retry = {
    lazyConnect: true,
    scripts,
    enableOfflineQueue: false,
    retryStrategy: () => RECONNECT_EVERY_MS,
    // A primary that was demoted: its name may lead to the new one now.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  };
  if (mode === 'single') return { redis: new Redis(url, { ...server, ...retry }), layout: oneServer };
  const redis = new Redis({
    ...server,
    ...retry,
    ...addresses.login,
    sentinels: addresses.servers,
    name: sentinelName,
    sentinelRetryStrategy: () => RECONNECT_EVERY_MS,
    ...(sentinelPassword === '' ? {} : { sentinelPassword }),
    ...(addresses.login.tls ? { enableTLSForSentinelMode: true, sentinelTLS: {} } : {}),
  });
  return { redis, layout: oneServer };
}

/** What holds for the connection to any server. */
const serverOptions = {
  // Would be one more right to grant, and Redis below 7.2 does not know it.
  disableClientInfo: true,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  connectTimeout: CONNECT_TIMEOUT_MS,
  maxLoadingRetryTime: RECONNECT_EVERY_MS,
} satisfies RedisOptions;

const clusterOptions = {
  lazyConnect: true,
  scripts,
  enableOfflineQueue: false,
  clusterRetryStrategy: () => RECONNECT_EVERY_MS,
  maxRedirections: REDIRECTIONS,
  slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
} satisfies ClusterOptions;
