import { type Server, type ServerOptions, startServer } from './server.ts';

export interface RedisOptions extends ServerOptions {
  /** More settings, as on redis-server's command line, such as `['--maxmemory', '64mb']`. */
  args?: readonly string[] | undefined;
}

/**
 * Starts a redis-server that keeps its data (`appendonly yes`) on the loopback address.
 *
 * @throws {StartError} @throws {MissingBinaryError}
 */
export function startRedis(options: RedisOptions): Promise<Server> {
  return startServer(
    {
      name: 'redis-server',
      scheme: 'redis',
      containerPort: 6379,
      readyLine: 'Ready to accept connections',
      args: ({ host, port, dir }) => {
        const inContainer = host === '127.0.0.1' ? [] : ['redis-server', '--protected-mode', 'no'];
        const data = ['--dir', dir, '--appendonly', 'yes', '--save', ''];
        return [...inContainer, '--bind', host, '--port', `${port}`, ...data, ...(options.args ?? [])];
      },
    },
    options,
  );
}
