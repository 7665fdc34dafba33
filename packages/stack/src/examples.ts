import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Child } from './child.ts';
import { conductorEnvironment } from './environment.ts';
import { nodeEnvironment, root } from './paths.ts';
import type { Stack } from './stack.ts';

const examples = join(root, 'examples');
const names = ['approval', 'feedback', 'ticket'];

/** Loads the examples' workflow and task definitions into the stack's Conductor. */
export async function loadExampleDefinitions(stack: Stack): Promise<void> {
  await runScript(join(examples, 'load.ts'), [], conductorEnvironment(stack.around.conductor));
}

/** Applies the examples' gateway configuration; waits until every ingress serves it. */
export async function applyExampleRoutes(stack: Stack): Promise<void> {
  await applyConfiguration(stack, ...names.map((name) => join(examples, name, 'rostrum.yaml')));
  const addresses = stack.services.ingress.map(({ ready }) => ready.http as string);
  await Promise.all(addresses.map(servesExamples));
}

/** Applies files of gateway configuration with the command line. */
export async function applyConfiguration(stack: Stack, ...files: string[]): Promise<void> {
  const env = { ...stack.around.keys, CONFIG_URL: stack.url('config') };
  await runScript(join(root, 'packages', 'cli', 'src', 'main.ts'), ['apply', ...files], env);
}

/** Starts the worker of the ticket example; it is ready when it polls. */
export function startExampleWorker(stack: Stack): Promise<Child<true>> {
  return stack.run({
    name: 'example-worker',
    command: process.execPath,
    args: [join(examples, 'workers', 'ticket.ts')],
    env: nodeEnvironment(conductorEnvironment(stack.around.conductor)),
    ready: (line) => (line.includes('polls for find_ticket') ? true : undefined),
  });
}

async function servesExamples(ingress: string) {
  const deadline = Date.now() + 10_000;
  // Without a key nobody gets in, so that this starts nothing; an ingress that lacks the route would answer 404.
  while ((await fetch(`${ingress}/api/feedback/ready`, { method: 'POST' })).status === 404) {
    if (Date.now() > deadline) throw new Error(`${ingress} does not serve the examples 10 s after they were applied.`);
    await delay(20);
  }
}

async function runScript(script: string, args: string[], env: Record<string, string>) {
  try {
    await promisify(execFile)(process.execPath, [script, ...args], { cwd: root, env: nodeEnvironment(env) });
  } catch (error) {
    throw new Error(`node ${script} failed: ${(error as { stderr?: string }).stderr || (error as Error).message}`, {
      cause: error,
    });
  }
}
