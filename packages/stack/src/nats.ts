import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Server, type ServerOptions, startServer } from './server.ts';

export interface NatsOptions extends ServerOptions {
  /** More configuration in the server's own format, such as accounts and permissions or `max_payload: 65536`. */
  config?: string | undefined;
}

/**
 * Starts a nats-server with JetStream on the loopback address.
 *
 * @throws {StartError} @throws {MissingBinaryError}
 */
export async function startNats(options: NatsOptions): Promise<Server> {
  const file = join(options.dir, 'nats.conf');
  if (options.config !== undefined) {
    await mkdir(options.dir, { recursive: true });
    await writeFile(file, `${options.config}\n`, { mode: 0o600 });
  }
  return startServer(
    {
      name: 'nats-server',
      scheme: 'nats',
      containerPort: 4222,
      readyLine: 'Server is ready',
      args: ({ host, port, dir }) => {
        const more = options.config === undefined ? [] : ['--config', join(dir, basename(file))];
        return ['--addr', host, '--port', `${port}`, '--jetstream', '--store_dir', dir, ...more];
      },
    },
    options,
  );
}
