import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '@rostrum/stack';
import { type Gateway, load, startGateway, waitFor } from '@rostrum/testkit';
import { Redis } from 'ioredis';
import { request } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { type Answer, call, publish, register } from './support.ts';

/**
 * Callers who wait while executors stop, die and are woken; on the embedded Conductor, or on the one that
 * CONDUCTOR_SERVER_URL names. Pushes of that are tested where it was started with the settings of docs/executor.md and
 * CONDUCTOR_PUSH_URL as its address.
 */
const url = process.env.CONDUCTOR_SERVER_URL;
/** Where the real server was told to push to: at a port of this machine, with the secret below. */
const pushUrl = process.env.CONDUCTOR_PUSH_URL;
const secret = 'a-secret-of-the-test';
/** Of this run, so that nothing of an earlier one is polled. */
const gate = `gate_${Date.now().toString(36)}`;
let gateway: Gateway | undefined;
afterEach(async () => {
  await gateway?.stop();
  gateway = undefined;
});

const route = (path: string, name: string, more: object = {}) => ({
  ...{ httpMethod: 'POST', path, mappedWorkflow: { name, version: 1 }, timeoutInSeconds: 60 },
  ...more,
});

async function start(executors: number, env: Record<string, string> = {}, dev: Record<string, string> = {}) {
  const started = await startGateway({
    ...{ executor: executors, env: { executor: { PERMIT_LEASE_MS: '1800', ...env }, 'conductor-dev': dev } },
    ...(url ? { conductor: { url } } : {}),
  });
  gateway = started;
  const outputParameters = { n: '${workflow.input.n}', passed: '${gate.output.passed}' };
  await register(
    started,
    {
      name: 'held',
      workflowStatusListenerEnabled: true,
      tasks: [{ name: gate, taskReferenceName: 'gate', type: 'SIMPLE' }],
      outputParameters,
    },
    {
      name: 'quick',
      tasks: [{ name: 'set', taskReferenceName: 'set', type: 'SET_VARIABLE', inputParameters: { n: 1 } }],
      outputParameters: { n: '${workflow.input.n}' },
    },
  );
  await taskDefinition(started, gate);
  await publish(started, 'held', [
    route('/plain', 'held'),
    route('/limited', 'held', { rateLimitConfig: { rateLimitKey: 'all', concurrentExecLimit: 100 } }),
    route('/short', 'held', { timeoutInSeconds: 4 }),
    route('/quick', 'quick'),
  ]);
  return started;
}

async function taskDefinition(target: Gateway, name: string): Promise<void> {
  const answer = await request(`${target.conductorUrl}/metadata/taskdefs`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
    body: JSON.stringify([{ name, ownerEmail: 'test@example.com', retryCount: 0, timeoutSeconds: 0 }]),
  });
  await answer.body.dump();
  expect(answer.statusCode).toBe(200);
}

/** Watch records in Redis. */
async function keptWatches(target: Gateway): Promise<number> {
  const redis = new Redis(target.stack.around.redisUrl);
  try {
    return (await redis.keys('*:watch:*')).length;
  } finally {
    redis.disconnect();
  }
}

/** Pushes that found somebody who waits, or that came after a look had seen the end. */
async function woken(target: Gateway): Promise<number> {
  const counted = await metric(target, 'rostrum_executor_pushes_total{waited="(?:true|false)"}');
  return counted.reduce((sum, each) => sum + each, 0);
}

/** Callers that wait, by number; each sends its own request. */
function callers(target: Gateway, path: string, count: number): Promise<Answer>[] {
  return Array.from({ length: count }, (_, n) => call(target, 'POST', path, { body: { n } }));
}

/** Every sample that matches, of all executors. */
async function metric(target: Gateway, pattern: string): Promise<number[]> {
  const texts = await Promise.all(
    target.stack.services.executor.map(async ({ ready }) => {
      return (await request(`${ready['ops'] as string}/metrics`)).body.text();
    }),
  );
  const lines = new RegExp(`^${pattern} (\\d+)$`, 'gm');
  return texts.flatMap((text) => [...text.matchAll(lines)].map(([, value]) => Number(value)));
}

const running = (target: Gateway) => metric(target, 'rostrum_executor_waits');

async function allWait(target: Gateway, count: number): Promise<void> {
  const sum = async () => (await running(target)).reduce((total, each) => total + each, 0);
  await waitFor(async () => (await sum()) === count, { what: `${count} callers to wait`, timeoutMs: 20_000 });
}

/** Does what a worker does: lets so many workflows pass that wait at their gate. */
async function passGates(target: Gateway, count: number): Promise<void> {
  let passed = 0;
  const poll = async () => {
    const path = `/tasks/poll/batch/${gate}?workerid=test&count=50&timeout=100`;
    const tasks = (await (await request(`${target.conductorUrl}${path}`)).body.json()) as {
      taskId: string;
      workflowInstanceId: string;
    }[];
    const updates = tasks.map(async ({ taskId, workflowInstanceId }) => {
      const update = {
        taskId,
        workflowInstanceId,
        workerId: 'test',
        status: 'COMPLETED',
        outputData: { passed: true },
      };
      const headers = { 'content-type': 'application/json' };
      const answer = await request(`${target.conductorUrl}/tasks`, {
        ...{ method: 'POST', headers, body: JSON.stringify(update) },
      });
      await answer.body.dump();
      expect(answer.statusCode).toBe(200);
    });
    await Promise.all(updates);
    passed += tasks.length;
    return passed >= count;
  };
  await waitFor(poll, { what: `${count} workflows to wait at their gate`, timeoutMs: 30_000 });
}

const statuses = async (answers: Promise<Answer>[]) => (await Promise.all(answers)).map(({ status }) => status);
const all = (count: number, status: number) => Array.from({ length: count }, () => status);

describe('an executor that is told to stop', () => {
  it('leaves at once and costs no caller the answer, however long the workflows take', async () => {
    const target = await start(2);
    const answers = [...callers(target, '/held/plain', 20), ...callers(target, '/held/limited', 10)];
    await allWait(target, 30);
    const [first] = target.stack.services.executor;
    const from = performance.now();
    await first?.stop();
    expect(performance.now() - from, 'not the workflows’ time').toBeLessThan(8_000);
    await allWait(target, 30);
    await passGates(target, 30);
    for (const { status, body } of await Promise.all(answers)) expect([status, body.passed]).toEqual([200, true]);
  });

  it('sends back what it has not begun: nobody fails while it stops under more load than Conductor takes', async () => {
    const target = await start(2);
    const stopping = async () => {
      await target.stack.services.executor[0]?.stop();
      await delay(500);
    };
    const quick = async (n: number) => {
      const { status, body } = await call(target, 'POST', '/held/quick', { body: { n } });
      if (status !== 200 || body.n !== n) throw new Error(`${status} ${JSON.stringify(body)}`);
    };
    // Once without, so that the queue is there when it stops.
    await load(quick, { concurrency: 64, until: delay(500) });
    const result = await load(quick, { concurrency: 64, until: stopping() });
    expect(result.failures.map(({ error }) => error.message)).toEqual([]);
    expect(result.count).toBeGreaterThan(64);
  });

  it('that is the only one leaves its callers to the one that comes after it', async () => {
    const target = await start(1);
    const answers = callers(target, '/held/plain', 5);
    await allWait(target, 5);
    await target.stack.services.executor[0]?.stop();
    await target.stack.add('executor', { PERMIT_LEASE_MS: '1800' });
    await passGates(target, 5);
    expect(await statuses(answers)).toEqual(all(5, 200));
  });
});

describe('an executor that is told to stop while Redis is away', () => {
  it('hands its callers over when Redis is back, and leaves then', async () => {
    const target = await start(2);
    const answers = [...callers(target, '/held/plain', 6), ...callers(target, '/held/limited', 6)];
    await allWait(target, 12);
    await target.stack.redis?.stop('SIGKILL');
    const [first] = target.stack.services.executor;
    const ops = first?.ready['ops'] as string;
    const stopped = first?.stop('SIGTERM', 60_000);
    await waitFor(async () => (await request(`${ops}/readyz`)).statusCode === 503, { what: 'it to drain' });
    await target.stack.redis?.start();
    const from = performance.now();
    expect(await stopped).toMatchObject({ code: 0 });
    expect(performance.now() - from, 'not the workflows’ time').toBeLessThan(8_000);
    await allWait(target, 12);
    await passGates(target, 12);
    for (const { status, body } of await Promise.all(answers)) expect([status, body.passed]).toEqual([200, true]);
  });
});

describe('an executor that dies', () => {
  it('costs no caller the answer who has waited for two seconds, or has a permit; a younger one gets a 504, or a 202 of one that lives', async () => {
    const target = await start(2);
    const old = callers(target, '/held/plain', 10);
    await allWait(target, 10);
    await waitFor(async () => (await keptWatches(target)) === 10, { what: 'ten watch records', timeoutMs: 10_000 });
    const limited = callers(target, '/held/limited', 10);
    const young = callers(target, '/held/short', 6);
    await allWait(target, 26);
    const [first, second] = await running(target);
    expect(Math.min(Number(first), Number(second)), 'both have callers').toBeGreaterThan(0);
    await target.stack.services.executor[0]?.stop('SIGKILL');
    const youngStatuses = await statuses(young);
    // Those of the one that lives are told that the workflow runs.
    expect(youngStatuses.filter((status) => status !== 202 && status !== 504)).toEqual([]);
    await passGates(target, 20);
    expect(await statuses([...old, ...limited])).toEqual(all(20, 200));
  });
});

describe('a caller who hangs up', () => {
  it('leaves nothing behind in ingress and executor; the workflow goes on, and its permit comes back with its end', async () => {
    const target = await start(1, { PERMIT_LOOK_MS: '500' });
    const hangUp = new AbortController();
    const calls = ['/held/plain', '/held/limited'].flatMap((path) =>
      Array.from({ length: 5 }, () => {
        const headers = { 'content-type': 'application/json' };
        return request(`${target.url}${path}`, { method: 'POST', headers, body: '{"n":1}', signal: hangUp.signal });
      }),
    );
    await allWait(target, 10);
    expect(await metric(target, 'rostrum_executor_executions')).toEqual([10]);
    hangUp.abort();
    await Promise.allSettled(calls);
    await allWait(target, 0);
    await waitFor(async () => (await metric(target, 'rostrum_executor_executions'))[0] === 0);
    expect(await metric(target, 'rostrum_executor_permits_watched')).toEqual([5]);
    await passGates(target, 10);
    await waitFor(async () => (await metric(target, 'rostrum_executor_permits_watched'))[0] === 0);
    await waitFor(async () => (await keptWatches(target)) === 0);
  });
});

describe.skipIf(url !== undefined && pushUrl === undefined)('a push of Conductor', () => {
  it('wakes whichever executor waits; forged ones change nothing, and those without the secret are refused', async () => {
    const port = pushUrl === undefined ? await freePort() : Number(new URL(pushUrl).port);
    const address = `http://127.0.0.1:${port}/push`;
    const target = await start(1, {}, { CONDUCTOR_DEV_PUSH_URL: `${address}/${secret}` });
    // A second executor takes the pushes, for both.
    await target.stack.add('executor', { PUSH_SECRET: secret, PUSH_PORT: `${port}` });
    const answers = callers(target, '/held/plain', 20);
    await allWait(target, 20);
    const push = async (path: string, body: string) => {
      const headers = { 'content-type': 'application/json' };
      const answer = await request(`${address}/${path}/null`, { method: 'POST', headers, body });
      await answer.body.dump();
      return answer.statusCode;
    };
    expect(await push('another-secret-that-is-long', '{"workflowId":"x"}')).toBe(404);
    expect(await push(secret, 'garbage')).toBe(400);
    expect(await push(secret, '{"workflowId":"../x"}')).toBe(400);
    expect(await push(secret, '{"workflowId":"forged","status":"COMPLETED","output":"{}"}')).toBe(200);
    await passGates(target, 20);
    expect(await statuses(answers)).toEqual(all(20, 200));
    await waitFor(async () => (await woken(target)) >= 20, { what: 'every end to be pushed' });
  });
});
