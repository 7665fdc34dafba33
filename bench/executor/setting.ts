import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { type Gateway, startGateway } from '@rostrum/testkit';
import { request } from 'undici';
import { post } from './measure.ts';

/** The gateway in front of the Conductor that CONDUCTOR_SERVER_URL names, with the workflows and routes of the benches. */
export interface Setting extends AsyncDisposable {
  gateway: Gateway;
  /** Of Conductor's API. */
  conductor: string;
  /** A short workflow through the gateway, and by Conductor's own `execute`. */
  short(): Promise<unknown>;
  execute(workflow: string): Promise<unknown>;
  call(path: string): Promise<unknown>;
}

const task = (name: string, type: string, more: object = {}) => ({
  ...{ name, taskReferenceName: name, type, inputParameters: { v: '${workflow.input.v}' } },
  ...more,
});
const workflow = (name: string, tasks: object[]) => ({
  ...{ name, version: 1, schemaVersion: 2, ownerEmail: 'bench@example.com', timeoutSeconds: 0, tasks },
  outputParameters: { v: '${workflow.input.v}' },
});

/** Workflows and tasks that the routes of the benches run. */
export async function define(conductor: string): Promise<void> {
  await put(`${conductor}/metadata/workflow`, [
    workflow('bench_short', [task('set', 'SET_VARIABLE')]),
    workflow('bench_simple', [task('bench_simple_task', 'SIMPLE')]),
  ]);
  await post(`${conductor}/metadata/taskdefs`, [
    { name: 'bench_simple_task', ownerEmail: 'bench@example.com', retryCount: 0, timeoutSeconds: 0 },
  ]);
}

/** Starts a gateway in front of the Conductor at this address, with the routes of the benches. */
export async function setUp(conductor: string, env: Record<string, string> = {}): Promise<Setting> {
  const gateway = await startGateway({ conductor: { url: conductor }, env: { executor: env } });
  const route = (path: string, name: string, more: object = {}) => ({
    ...{ httpMethod: 'POST', path, mappedWorkflow: { name, version: 1 } },
    ...more,
  });
  const create = async (path: string, json: object) => {
    const answer = await gateway.admin.fetch(`/api/gateway/config/${path}`, { json });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  };
  await create('auth', { id: 'bench', authenticationType: 'NONE' });
  await create('services', {
    ...{ id: 'bench', name: 'bench', path: '/bench', authConfigId: 'bench' },
    routes: [
      route('/short', 'bench_short'),
      route('/simple', 'bench_simple'),
      route('/held', 'bench_held', { timeoutInSeconds: 300 }),
      route('/limited', 'bench_short', { rateLimitConfig: { rateLimitKey: 'all', concurrentExecLimit: 1_000 } }),
    ],
  });
  const call = (path: string) => post(`${gateway.url}/bench${path}`, { v: 1 });
  for (let tries = 0; ; tries++) {
    const failure = await call('/short').then(
      () => undefined,
      (error: Error) => error,
    );
    if (!failure) break;
    if (tries === 100) throw new Error('the gateway does not serve the bench', { cause: failure });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    gateway,
    conductor,
    call,
    short: () => call('/short'),
    execute: (name) => post(`${conductor}/workflow/execute/${name}/1`, { name, version: 1, input: { v: 1 } }),
    async [Symbol.asyncDispose]() {
      await gateway.stop();
    },
  };
}

/** Starts a Conductor that answers after `delayMs`, and ends with this process; see stub.ts. */
export async function startStub(delayMs: number): Promise<{ url: string; stop(): void }> {
  const program = new URL('./stub.ts', import.meta.url).pathname;
  const child = fork(program, [String(delayMs)], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  const [line] = (await once(child.stdout as Readable, 'data')) as [Buffer];
  return { url: `http://127.0.0.1:${Number(line.toString())}/api`, stop: () => void child.kill() };
}

async function put(url: string, body: unknown): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const { statusCode, body: answer } = await request(url, { method: 'PUT', headers, body: JSON.stringify(body) });
  const text = await answer.text();
  if (statusCode !== 200) throw new Error(`${url}: ${statusCode} ${text}`);
}

/** The samples of an executor's metric, labels included in their names. */
export async function metrics({ gateway }: Setting, name: string): Promise<Map<string, number>> {
  const text = await (await fetch(`${gateway.stack.services.executor[0]?.ready['ops'] as string}/metrics`)).text();
  const samples = text.split('\n').filter((line) => line.startsWith(name));
  return new Map(
    samples.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

/** One sample, 0 where there is none yet. */
export async function metric(setting: Setting, sample: string): Promise<number> {
  return (await metrics(setting, sample)).get(sample) ?? 0;
}
