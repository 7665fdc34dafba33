import { rm } from 'node:fs/promises';
import { type Server, startNats, startRedis } from '@rostrum/stack';
import { afterAll, beforeAll } from 'vitest';
import { temporaryDirectory } from './directory.ts';

/**
 * A real NATS server with JetStream for the tests of this file (or of this `describe`), on a port and data of its own.
 * To be called where hooks may be registered; what it returns may be used from `beforeAll` on. `config` is more
 * configuration in the server's own format.
 */
export function useNats(options: { config?: string } = {}): Server {
  return useServer('nats', (dir) => startNats({ dir, config: options.config }));
}

/** A real Redis server, `appendonly yes`, in the same way; `args` are more settings as on its command line. */
export function useRedis(options: { args?: string[]; acl?: string } = {}): Server {
  return useServer('redis', (dir) => startRedis({ dir, ...options }));
}

function useServer(name: string, start: (dir: string) => Promise<Server>): Server {
  let server: Server | undefined;
  let dir: string | undefined;
  beforeAll(async () => {
    dir = await temporaryDirectory(name);
    server = await start(dir);
  });
  afterAll(async () => {
    await server?.stop('SIGKILL');
    if (dir !== undefined) await rm(dir, { recursive: true, force: true });
  });
  const started = () => {
    if (!server) throw new Error(`The ${name} server is started by a hook: use it in tests and hooks, not before.`);
    return server;
  };
  return {
    get url() {
      return started().url;
    },
    get port() {
      return started().port;
    },
    get pid() {
      return started().pid;
    },
    get lines() {
      return started().lines;
    },
    get exited() {
      return started().exited;
    },
    stop: (signal) => started().stop(signal),
    start: () => started().start(),
    restart: (signal) => started().restart(signal),
    [Symbol.asyncDispose]: () => started().stop(),
  };
}
