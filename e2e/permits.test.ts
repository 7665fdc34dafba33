import { setTimeout as delay } from 'node:timers/promises';
import { type Gateway, load, rounds, startGateway, waitFor } from '@rostrum/testkit';
import { Redis } from 'ioredis';
import { request } from 'undici';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { leftInRedis } from './left-in-redis.ts';
import { call, publish, register } from './support.ts';

/**
 * Permits while executors die again and again; on the embedded Conductor, or on the one that CONDUCTOR_SERVER_URL names,
 * whose own records say what ran at the same time. It has to find workflows by correlation id (Redis storage without an
 * index does not).
 */
const url = process.env.CONDUCTOR_SERVER_URL;
const limit = 5;
const wanted = (url === undefined ? 40 : 200) * rounds;
const longestMs = url === undefined ? 500 : 1_500;
const timeoutInSeconds = 15;
/** From the death of an executor until another answers its callers: a watch's lease, the pause between claims, looks. */
const takeoverMs = 3_000;
/** Of this run, so that nothing of an earlier one is polled. */
const name = `permitted_${Date.now().toString(36)}`;

interface Asked {
  sentAt: number;
  status: number;
}
interface Ran {
  workflowId: string;
  n: number;
  startTime: number;
  endTime: number;
}

let gateway: Gateway;
let redis: Redis;
beforeAll(async () => {
  gateway = await startGateway({
    ...{ executor: 3, env: { executor: { PERMIT_LEASE_MS: '3000', PERMIT_LOOK_MS: '500' } } },
    ...(url ? { conductor: { url } } : {}),
  });
  redis = new Redis(gateway.stack.around.redisUrl);
  await register(gateway, { name, tasks: [{ name, taskReferenceName: 'work', type: 'SIMPLE' }] });
  await conductor('POST', '/metadata/taskdefs', [
    { name, ownerEmail: 't@example.com', retryCount: 0, timeoutSeconds: 0 },
  ]);
  const rateLimitConfig = { rateLimitKey: 'all', concurrentExecLimit: limit, waitInSeconds: 8 };
  const mappedWorkflow = { name, version: 1 };
  await publish(gateway, 'few', [{ httpMethod: 'POST', path: '/', mappedWorkflow, timeoutInSeconds, rateLimitConfig }]);
});
afterAll(async () => {
  redis?.disconnect();
  await gateway?.stop();
});

it(
  'executors are killed: no more than the limit run, all permits come back, callers with a record are answered',
  async ({ annotate }) => {
    const { asked, ran, stops } = await drive(wanted, 'SIGKILL');
    const unanswered = ran.filter(({ n, endTime }) => {
      const { sentAt, status } = asked.get(n)!;
      return status !== 200 && endTime + takeoverMs < sentAt + timeoutInSeconds * 1_000;
    });
    expect(
      unanswered.map(({ n }) => [n, asked.get(n)?.status]),
      'answered',
    ).toEqual([]);
    const statuses = Object.groupBy([...asked.values()], ({ status }) => String(status));
    const counts = Object.entries(statuses).map(([status, all]) => `${all?.length} × ${status}`);
    await annotate(`${stops} kills, ${ran.length} workflows, ${mostAtOnce(ran)} at once at most; ${counts.join(', ')}`);
  },
  180_000 * rounds,
);

it('executors are told to stop: who waits for a permit waits on elsewhere, and nobody fails', async () => {
  const { asked } = await drive(30, 'SIGTERM');
  expect([...asked.values()].filter(({ status }) => status !== 200 && status !== 429)).toEqual([]);
}, 60_000);

it('a caller who hangs up while it waits for a permit leaves its place', async () => {
  const ask = () => call(gateway, 'POST', '/few', { key: null, body: { n: 0 }, headers: { prefer: 'respond-async' } });
  const holders = await Promise.all(Array.from({ length: limit }, ask));
  expect(holders.map(({ status }) => status)).toEqual(holders.map(() => 202));
  const hungUp = new AbortController();
  const waiting = fetch(`${gateway.url}/few`, { method: 'POST', signal: hungUp.signal });
  const inQueue = (count: number) => async () => (await waitersIn()) === count;
  await waitFor(inQueue(1), { what: 'it to wait' });
  hungUp.abort();
  await expect(waiting).rejects.toThrow();
  // Sooner than any lease or wait would end.
  await waitFor(inQueue(0), { what: 'it to leave', timeoutMs: 1_500 });
  const over = new AbortController();
  const working = work(new Set(), over.signal);
  await waitFor(nothingIsHeld, { what: 'all permits to be back', timeoutMs: 30_000 });
  over.abort();
  await working;
}, 60_000);

/** Callers at a route with few permits while an executor is stopped and replaced every two seconds. */
async function drive(workflows: number, signal: 'SIGKILL' | 'SIGTERM') {
  const asked = new Map<number, Asked>();
  const started = new Set<string>();
  const over = new AbortController();
  const working = work(started, over.signal);
  const replacements: Promise<unknown>[] = [];
  const stopping = async () => {
    while (started.size < workflows || replacements.length < 3) {
      // Every two seconds, at any point.
      const early = Math.random() * 1_000;
      await delay(early);
      const { executor } = gateway.stack.services;
      if (executor.length > 1) {
        const stopped = executor[Math.floor(Math.random() * executor.length)]?.stop(signal);
        replacements.push(Promise.all([stopped, gateway.stack.add('executor')]));
      }
      await delay(2_000 - early);
    }
    await Promise.all(replacements);
  };
  const ask = async (n: number) => {
    const sentAt = Date.now();
    const { status } = await call(gateway, 'POST', '/few', { key: null, body: { n } });
    asked.set(n, { sentAt, status });
  };
  const { failures } = await load(ask, { concurrency: 24, until: stopping() });
  expect(failures.map(({ error }) => error.message)).toEqual([]);
  await waitFor(nothingIsHeld, { what: 'all permits to be back', timeoutMs: 30_000 });
  over.abort();
  await working;
  const ran = await Promise.all([...started].map(record));
  expect(mostAtOnce(ran)).toBeLessThanOrEqual(limit);
  expect(new Set(ran.map(({ n }) => n)).size, 'nothing is started twice').toBe(ran.length);
  return { asked, ran, stops: replacements.length };
}

async function waitersIn(): Promise<number> {
  const [key] = await redis.keys('*{default}:waiters');
  return key === undefined ? 0 : redis.zcard(key);
}

/** Nobody holds a permit, waits for one or is watched. @throws saying what is left. */
async function nothingIsHeld(): Promise<boolean> {
  const left = await leftInRedis(redis);
  if (left.length > 0) throw new Error(`left in Redis:\n${left.join('\n')}`);
  return true;
}

/** Does the work of all workflows, each in a time of its own, and says which there were. */
async function work(started: Set<string>, signal: AbortSignal): Promise<void> {
  const tasks: Promise<void>[] = [];
  while (!signal.aborted) {
    const polled = (await conductor('GET', `/tasks/poll/batch/${name}?workerid=test&count=20&timeout=100`)) as {
      taskId: string;
      workflowInstanceId: string;
    }[];
    for (const { taskId, workflowInstanceId } of polled) {
      started.add(workflowInstanceId);
      const done = { taskId, workflowInstanceId, workerId: 'test', status: 'COMPLETED' };
      tasks.push(delay(Math.random() * longestMs).then(() => conductor('POST', '/tasks', done).then(() => {})));
    }
  }
  await Promise.all(tasks);
}

async function record(workflowId: string): Promise<Ran> {
  const workflow = (await conductor('GET', `/workflow/${workflowId}?includeTasks=false`)) as Omit<Ran, 'n'> & {
    status: string;
    input: { n: number };
  };
  expect(workflow.status).toBe('COMPLETED');
  return { ...workflow, n: workflow.input.n };
}

/** What ends in the millisecond in which another starts was over before. */
function mostAtOnce(ran: Ran[]): number {
  const moments = ran.flatMap(({ startTime, endTime }) => [
    { at: startTime, change: 1 },
    { at: endTime, change: -1 },
  ]);
  let running = 0;
  const counts = moments
    .toSorted((a, b) => a.at - b.at || a.change - b.change)
    .map(({ change }) => (running += change));
  return Math.max(0, ...counts);
}

/** @throws when it is refused. */
async function conductor(method: 'GET' | 'POST', path: string, json?: unknown): Promise<unknown> {
  const answer = await request(`${gateway.conductorUrl}${path}`, {
    method,
    ...(json === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(json) }),
  });
  const text = await answer.body.text();
  if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${text}`);
  return text.startsWith('[') || text.startsWith('{') ? JSON.parse(text) : text;
}
