import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Server, type ServerOptions, startServer } from './server.ts';

export interface RedisOptions extends ServerOptions {
  /** More settings, as on redis-server's command line, such as `['--maxmemory', '64mb']`. */
  args?: readonly string[] | undefined;
  /** The content of an ACL file: users and their rights. */
  acl?: string | undefined;
}

const aclFile = 'users.acl';

/**
 * Starts a redis-server that keeps its data (`appendonly yes`) on the loopback address.
 *
 * @throws {StartError} @throws {MissingBinaryError}
 */
export async function startRedis(options: RedisOptions): Promise<Server> {
  if (options.acl !== undefined) {
    await mkdir(options.dir, { recursive: true });
    await writeFile(join(options.dir, aclFile), options.acl, { mode: 0o600 });
  }
  return startServer(
    {
      name: 'redis-server',
      scheme: 'redis',
      containerPort: 6379,
      readyLine: 'Ready to accept connections',
      args: ({ host, port, dir }) => {
        const inContainer = host === '127.0.0.1' ? [] : ['redis-server', '--protected-mode', 'no'];
        const data = ['--dir', dir, '--appendonly', 'yes', '--save', ''];
        if (options.acl !== undefined) data.push('--aclfile', join(dir, aclFile));
        return [...inContainer, '--bind', host, '--port', `${port}`, ...data, ...(options.args ?? [])];
      },
    },
    options,
  );
}
