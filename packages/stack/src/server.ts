import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { type Binary, findBinary, type ServerName } from './binaries.ts';
import { type Child, type Exit, startChild } from './child.ts';
import { guard } from './guard.ts';
import { isPortTaken, withFreePort } from './ports.ts';

/** A NATS or Redis server on the loopback address. It keeps its port and its data when it is started again. */
export interface Server {
  /** Such as `nats://127.0.0.1:23456` or `redis://127.0.0.1:23457`. */
  readonly url: string;
  readonly port: number;
  /** Undefined while it is stopped. */
  readonly pid: number | undefined;
  /** The last lines of its log. */
  readonly lines: readonly string[];
  /** Settles when the process that runs now ends. */
  readonly exited: Promise<Exit>;
  /** Stops it, with SIGTERM unless given (SIGKILL: as if it had crashed). No effect when it is stopped. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again after a {@link stop}, on the same port and data. No effect when it runs. */
  start(): Promise<void>;
  /** {@link stop}, then {@link start}. */
  restart(signal?: NodeJS.Signals): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface ServerOptions {
  /** Where it keeps its data; made if it is missing. */
  dir: string;
  /** A free one unless given. */
  port?: number | undefined;
  /** What to run; found by {@link findBinary} unless given. */
  binary?: Binary | undefined;
  logFile?: string | undefined;
  /** Gives the first start up. */
  signal?: AbortSignal | undefined;
}

export interface ServerKind {
  name: ServerName;
  scheme: string;
  /** Its port inside of a container. */
  containerPort: number;
  /** The command line, for a server whose data stand in `dir`. */
  args(at: { host: string; port: number; dir: string }): string[];
  /** Part of the line it writes when it takes connections. */
  readyLine: string;
}

/** @throws {StartError} @throws {MissingBinaryError} */
export async function startServer(kind: ServerKind, options: ServerOptions): Promise<Server> {
  await mkdir(options.dir, { recursive: true });
  const binary = options.binary ?? (await findBinary(kind.name));
  const { dir, logFile, signal } = options;
  const run = (port: number) => startChild({ ...command(kind, binary, dir, port), logFile, signal });
  let port = options.port ?? 0;
  const first =
    options.port === undefined
      ? await withFreePort((free) => {
          port = free;
          return run(free);
        })
      : await run(port);
  return handle(first, `${kind.scheme}://127.0.0.1:${port}`, port, () => restarted(() => run(port)));
}

function handle(first: Child<true>, url: string, port: number, run: () => Promise<Child<true>>): Server {
  let child = first;
  let running = true;
  const server: Server = {
    url,
    port,
    get pid() {
      return running ? child.pid : undefined;
    },
    get lines() {
      return child.lines;
    },
    get exited() {
      return child.exited;
    },
    async stop(signal) {
      if (!running) return;
      running = false;
      await child.stop(signal);
    },
    async start() {
      if (running) return;
      child = await run();
      running = true;
    },
    async restart(signal) {
      await server.stop(signal);
      await server.start();
    },
    [Symbol.asyncDispose]: () => server.stop(),
  };
  return server;
}

/** Somebody may be holding the port for a moment: try a few times before giving up. */
async function restarted(run: () => Promise<Child<true>>): Promise<Child<true>> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      if (!isPortTaken(error) || attempt === 20) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

function command(kind: ServerKind, binary: Binary, dir: string, port: number) {
  const ready = (line: string) => (line.includes(kind.readyLine) ? (true as const) : undefined);
  if (binary.kind === 'program') {
    const args = kind.args({ host: '127.0.0.1', port, dir });
    return { name: kind.name, command: binary.path, args, env: { ...process.env, ...binary.env }, cwd: dir, ready };
  }
  const container = `rostrum-${kind.name}-${randomUUID().slice(0, 8)}`;
  guard.watchContainer(container);
  const inside = kind.args({ host: '0.0.0.0', port: kind.containerPort, dir: '/data' });
  const user = process.getuid ? ['--user', `${process.getuid()}:${process.getgid?.()}`] : [];
  const publish = ['--publish', `127.0.0.1:${port}:${kind.containerPort}`, '--volume', `${dir}:/data`];
  const args = ['run', '--rm', '--name', container, ...user, ...publish, binary.image, ...inside];
  const kill = (signal: NodeJS.Signals) =>
    void promisify(execFile)('docker', ['kill', '--signal', signal, container])
      .then(() => guard.forgetContainer(container))
      .catch(() => {});
  return { name: kind.name, command: 'docker', args, ready, kill, timeoutMs: 120_000 };
}
