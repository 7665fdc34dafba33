import { relative } from 'node:path';
import {
  applyExampleRoutes,
  findBinaries,
  type Keys,
  loadExampleDefinitions,
  loadKeys,
  root,
  Stack,
  startExampleWorker,
  stateDirectory,
} from '@rostrum/stack';
import { readSettings, type StartSettings } from './lib/settings.ts';
import { lockState, writeDevFile } from './lib/state.ts';
import { showStep, step } from './lib/steps.ts';

/**
 * `npm start`: all of Rostrum on this machine, with the examples. It runs until it is told to stop, until the process
 * that started it is gone, or until a part of it ends.
 */

const begin = performance.now();
const directory = stateDirectory();
const stop = new AbortController();
let asked = 0;

/** npm, the shell and the launcher pass a Ctrl-C on, so it comes several times: only a later one means "at once". */
const onSignal = () => {
  if (asked > 0 && performance.now() - asked > 2_000) process.exit(1);
  asked ||= performance.now();
  stop.abort();
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
process.on('disconnect', onSignal);
process.channel?.unref();
// Output that nobody reads any more must not keep this from stopping everything.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

try {
  await main();
  process.exit(0);
} catch (error) {
  if (stop.signal.aborted) process.exit(0);
  console.error(`\n${(error as Error).message}`);
  process.exit(1);
}

async function main() {
  console.log('Rostrum starts.');
  const release = await lockState(directory);
  try {
    const settings = await readSettings();
    const keys = await loadKeys(directory);
    if (!settings.natsUrl || !settings.redisUrl) await step('nats-server and redis-server found', () => findBinaries());
    await using stack = await startStack(settings, keys);
    await setUpExamples(stack);
    const removeDevFile = writeDevFile(directory, devFile(stack, keys));
    showReady(stack, keys);
    const failure = await Promise.race([stack.failed, aborted()]);
    removeDevFile();
    if (failure === undefined) console.log('\nRostrum stops.');
    if (failure !== undefined) throw new Error(failure);
  } finally {
    release();
  }
}

function startStack(settings: StartSettings, keys: Keys): Promise<Stack> {
  return Stack.start({ ...settings, directory, keys, signal: stop.signal, onReady: showStep });
}

async function setUpExamples(stack: Stack) {
  await Promise.all([
    step('example worker', () => startExampleWorker(stack)),
    step('example workflows', () => loadExampleDefinitions(stack)),
    step('example routes', () => applyExampleRoutes(stack)),
  ]);
}

function aborted(): Promise<undefined> {
  if (stop.signal.aborted) return Promise.resolve(undefined);
  return new Promise((resolve) => stop.signal.addEventListener('abort', () => resolve(undefined)));
}

function devFile(stack: Stack, keys: Keys) {
  const { conductor, natsUrl, redisUrl } = stack.around;
  return {
    ingress: stack.url('ingress'),
    config: stack.url('config'),
    conductor: conductor.url,
    nats: natsUrl,
    redis: redisUrl,
    admin: { keyId: keys.ADMIN_KEY_ID, keySecret: keys.ADMIN_KEY_SECRET },
    demo: { apiKey: keys.ROSTRUM_DEMO_API_KEY },
  };
}

function showReady(stack: Stack, keys: Keys) {
  const inside = relative(root, directory);
  const place = inside.startsWith('..') ? directory : inside;
  const body = '{"rating": 5, "comment": "Great coffee, and quick to heat up"}';
  console.log(`
Rostrum is ready after ${((performance.now() - begin) / 1000).toFixed(1)} s.

  Gateway    ${stack.url('ingress')}
  API key    ${keys.ROSTRUM_DEMO_API_KEY}
  Admin API  ${stack.url('config')}/api  (its key: ${place}/dev.json)
  Conductor  ${stack.around.conductor.url}
  Logs       ${place}/logs

Try it:

  curl -sS ${stack.url('ingress')}/api/feedback/espresso-machine -H 'X-API-Key: ${keys.ROSTRUM_DEMO_API_KEY}' -H 'Content-Type: application/json' -d '${body}'

Ctrl-C stops everything.`);
}
