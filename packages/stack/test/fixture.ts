import { spawn } from 'node:child_process';
import { startChild, startNats, startRedis } from '../src/index.ts';

/**
 * A process for tests to kill: starts servers and a program that ignores SIGTERM and has a child of its own, then
 * prints their process ids, and stays. Argument: a directory for the servers' data.
 */
const directory = process.argv[2] as string;

if (directory === 'stubborn') {
  process.on('SIGTERM', () => {});
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  process.stdout.write(`stubborn ${child.pid}\n`);
  setInterval(() => {}, 1_000);
} else {
  const [nats, redis, stubborn] = await Promise.all([
    startNats({ dir: `${directory}/nats` }),
    startRedis({ dir: `${directory}/redis` }),
    startChild({
      name: 'stubborn',
      command: process.execPath,
      args: [import.meta.filename, 'stubborn'],
      ready: (line) => line.match(/^stubborn (\d+)/)?.[1],
    }),
  ]);
  process.stdout.write(`${JSON.stringify({ pids: [nats.pid, redis.pid, stubborn.pid, Number(stubborn.ready)] })}\n`);
  process.on('message', () => process.exit(0));
  process.on('SIGTERM', () => process.exit(0));
}
