#!/usr/bin/env node
// The door for `npm start`, `npm test` and `npm run verify`. Plain JavaScript without dependencies, because it runs on
// any Node from 20 on, before anything is installed: it sees to Node 24, pnpm and the dependencies, then runs the
// command's TypeScript under Node 24, passing arguments, signals and the exit code on.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureDependencies, ensureNode } from './lib/setup.mjs';
import { watchAncestors } from './lib/ancestors.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const commands = ['start', 'test', 'verify', 'apply', 'cli'];
const help = `Usage:
  npm start                         starts everything on this machine, with the examples
  npm test [-- vitest arguments]    runs the tests
  npm run verify [-- names]         runs all that CI checks, or the checks named
  npm run apply -- <file>…          makes the gateway that npm start runs be what the files say
  npm run rostrum -- <command>…     the command line, for that gateway; --help lists the commands

npm start reads these environment variables:
  INGRESS_PORT                      where callers go; 7080 unless set
  CONFIG_PORT                       the admin API; 7081 unless set
  CONDUCTOR_DEV_PORT                the embedded Conductor; 7090 unless set
                                    (a port of 0 takes a free one)
  NATS_URL, REDIS_URL               servers to use instead of starting own ones
  CONDUCTOR_SERVER_URL              a Conductor to use instead of the embedded one, with
  CONDUCTOR_AUTH_KEY, _SECRET       its access key, where it wants one
  ROSTRUM_DEMO_API_KEY              the key of the examples' routes; made once unless set
  ADMIN_KEY_ID, ADMIN_KEY_SECRET    the first administrator's; made once unless set
  ROSTRUM_STATE_DIR                 keys, data, logs and dev.json; .rostrum unless set
  LOG_LEVEL                         of all services: info unless set`;

const [command, ...args] = process.argv.slice(2);
if (!commands.includes(command) || (command === 'start' && args.length > 0)) {
  console.log(help);
  process.exit(['help', '--help', '-h'].some((word) => process.argv.includes(word)) ? 0 : 2);
}

// The process that runs at this moment.
let running;
let stopped = false;
const passOn = (signal) => {
  stopped = true;
  running?.kill(signal);
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => passOn(signal));
watchAncestors(() => passOn('SIGTERM'));

try {
  const node = await ensureNode(root, run);
  await ensureDependencies(root, node, run);
  process.exit(await runCommand(node));
} catch (error) {
  if (!stopped) console.error(`\n${error.message}`);
  process.exit(1);
}

/**
 * Runs a program of the set-up and gives its output; fails with its last words.
 *
 * @param {string} program
 * @param {string[]} programArgs
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<string>}
 */
function run(program, programArgs, env = process.env) {
  if (stopped) return Promise.reject(new Error('stopped'));
  return new Promise((resolve, reject) => {
    const stdio = ['ignore', 'pipe', 'pipe'];
    const child = spawn(program, programArgs, { cwd: root, env, stdio, shell: process.platform === 'win32' });
    running = child;
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) return resolve(output);
      const tail = output.trimEnd().split('\n').slice(-15).join('\n');
      return reject(new Error(`${program} ${programArgs.join(' ')} failed (exit code ${code}):\n${tail}`));
    });
  });
}

/** The command itself. It ends when the channel to this process does: a SIGKILL here leaves nothing behind. */
function runCommand(node) {
  const path = [dirname(node), join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
  const child = spawn(node, [join(root, 'scripts', `${command}.ts`), ...args], {
    cwd: root,
    // Code once compiled is kept, which saves a third of the time that the command takes to start.
    env: { NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'compiled'), ...process.env, PATH: path },
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  running = child;
  if (stopped) child.kill('SIGTERM');
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}
