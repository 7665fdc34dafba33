import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Server, type ServerOptions, startServer } from './server.ts';

const configFile = 'sentinel.conf';

export interface SentinelOptions extends ServerOptions {
  /** Lines of its configuration, such as `sentinel monitor mymaster 127.0.0.1 6379 1`. It adds to them what it learns. */
  config: readonly string[];
}

/**
 * Starts a redis-server that watches others (Redis Sentinel) on the loopback address.
 *
 * @throws {StartError} @throws {MissingBinaryError}
 */
export async function startSentinel(options: SentinelOptions): Promise<Server> {
  await mkdir(options.dir, { recursive: true });
  await writeFile(join(options.dir, configFile), `${options.config.join('\n')}\n`, { mode: 0o600 });
  return startServer(
    {
      name: 'redis-server',
      scheme: 'redis',
      containerPort: 26379,
      readyLine: 'Sentinel ID is',
      args: ({ host, port, dir }) => {
        const inContainer = host === '127.0.0.1' ? [] : ['redis-server'];
        const where = ['--bind', host, '--port', `${port}`, '--dir', dir, '--protected-mode', 'no'];
        return [...inContainer, join(dir, configFile), '--sentinel', ...where];
      },
    },
    options,
  );
}
