import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { asUser, freePort, operator, type Server, startRedis, startSentinel } from '@rostrum/stack';
import { Redis } from 'ioredis';
import { afterAll, beforeAll } from 'vitest';
import { temporaryDirectory } from './directory.ts';
import { waitFor } from './wait-for.ts';

const SLOTS = 16_384;
const isComplete = /cluster_state:ok[^]*cluster_slots_ok:16384[^]*cluster_known_nodes:3/;

/** Three redis-servers that share the slots of a cluster, without replicas. */
export interface RedisCluster {
  readonly servers: readonly Server[];
  /** Comma-separated. */
  readonly url: string;
}

/** Servers of which one is the primary, and a sentinel that makes another one that when it is gone. */
export interface SentinelGroup {
  /** The primary at first. */
  readonly primary: Server;
  readonly replica: Server;
  readonly sentinel: Server;
  /** What the sentinel calls the primary. */
  readonly name: string;
}

/** A real cluster for the tests of this file, as `useRedis` has a server. With `acl`, its operator's password is needed. */
export function useRedisCluster(options: { acl?: string; password?: string } = {}): RedisCluster {
  const servers = useGroup('cluster', async (dir, add) => {
    const ports: string[] = [];
    for (let n = 0; n < 3; n++) {
      const bus = `${await freePort()}`;
      const args = ['--cluster-enabled', 'yes', '--cluster-port', bus, '--cluster-require-full-coverage', 'no'];
      add(await startRedis({ dir: join(dir, `${n}`), args, ...(options.acl ? { acl: options.acl } : {}) }));
      ports.push(bus);
    }
    await form(servers, ports, options.password);
  });
  return {
    servers,
    get url() {
      return servers.map(({ url }) => url).join(',');
    },
  };
}

async function form(servers: readonly Server[], ports: readonly string[], password: string | undefined) {
  const urls = servers.map(({ url }) => (password ? asUser(url, operator, password) : url));
  const clients = urls.map((url) => new Redis(url));
  try {
    const share = Math.ceil(SLOTS / servers.length);
    for (const [n, redis] of clients.entries()) {
      await redis.call('CLUSTER', 'SET-CONFIG-EPOCH', n + 1);
      await redis.call('CLUSTER', 'ADDSLOTSRANGE', n * share, Math.min(SLOTS, (n + 1) * share) - 1);
      if (n > 0) await clients[0]?.call('CLUSTER', 'MEET', '127.0.0.1', servers[n]?.port ?? 0, ports[n] ?? 0);
    }
    const complete = async (redis: Redis) => isComplete.test((await redis.call('CLUSTER', 'INFO')) as string);
    const look = async () => (await Promise.all(clients.map(complete))).every(Boolean);
    await waitFor(look, { what: 'the cluster to form', timeoutMs: 20_000, everyMs: 50 });
  } finally {
    for (const redis of clients) redis.disconnect();
  }
}

/** A primary, a replica and a sentinel for the tests of this file; a primary counts as gone after half a second. */
export function useSentinel(): SentinelGroup {
  const name = 'cache-primary';
  const servers = useGroup('sentinel', async (dir, add) => {
    const primary = add(await startRedis({ dir: join(dir, 'a') }));
    const args = ['--replicaof', '127.0.0.1', `${primary.port}`, '--repl-diskless-sync-delay', '0'];
    const replica = add(await startRedis({ dir: join(dir, 'b'), args }));
    await waitFor(() => replica.lines.some((line) => line.includes('Finished with success')), { what: 'the replica' });
    const config = [
      `sentinel monitor ${name} 127.0.0.1 ${primary.port} 1`,
      `sentinel down-after-milliseconds ${name} 500`,
      `sentinel failover-timeout ${name} 3000`,
    ];
    const sentinel = add(await startSentinel({ dir: join(dir, 's'), config }));
    const client = new Redis(sentinel.url);
    try {
      const known = async () =>
        ((await client.call('SENTINEL', 'REPLICAS', name)) as string[][]).flat().includes(`${replica.port}`);
      await waitFor(known, { what: 'the sentinel to know the replica' });
    } finally {
      client.disconnect();
    }
  });
  const at = (place: number) => {
    const server = servers[place];
    if (!server) throw new Error('The servers are started by a hook: use them in tests and hooks, not before.');
    return server;
  };
  return {
    name,
    get primary() {
      return at(0);
    },
    get replica() {
      return at(1);
    },
    get sentinel() {
      return at(2);
    },
  };
}

/** Starts servers before the tests of this file, and stops them afterwards, also when only some could be started. */
function useGroup(name: string, start: (dir: string, add: (server: Server) => Server) => Promise<void>) {
  const servers: Server[] = [];
  let dir: string | undefined;
  const add = (server: Server) => {
    servers.push(server);
    return server;
  };
  beforeAll(async () => {
    dir = await temporaryDirectory(name);
    await start(dir, add);
  }, 40_000);
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop('SIGKILL')));
    if (dir !== undefined) await rm(dir, { recursive: true, force: true });
  });
  return servers;
}
