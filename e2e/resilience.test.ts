import { type Gateway, load, rounds, startGateway, waitFor } from '@rostrum/testkit';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, call, feedback, publish, register } from './support.ts';

/** What breaks in production, once each, under load, with two replicas of every service. */

/** Once, or as often as `--rounds` says. */
const series = { repeats: rounds - 1 };
const replicas = { ingress: 2, config: 2, executor: 2, cache: 2 };
const leases = { PERMIT_LEASE_MS: '3000', PERMIT_LOOK_MS: '500' };
let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({ ...replicas, env: { executor: leases } });
  await gateway.applyExamples();
  const wait = { name: 'wait', taskReferenceName: 'wait', type: 'HUMAN' };
  await register(gateway, { name: 'human', tasks: [wait], outputParameters: { said: '${wait.output.said}' } });
  const limited = {
    httpMethod: 'POST',
    mappedWorkflow: { name: 'human', version: 1 },
    rateLimitConfig: { rateLimitKey: '${workflow.input.who}', concurrentExecLimit: 2 },
  };
  await publish(gateway, 'limited', [
    { ...limited, path: '/', timeoutInSeconds: 3 },
    { ...limited, path: '/patient', timeoutInSeconds: 25, postResponseScript: '({ heard: $.said })' },
  ]);
  await register(gateway, {
    name: 'nothing',
    tasks: [{ name: 'set', taskReferenceName: 'set', type: 'SET_VARIABLE' }],
  });
  await publish(gateway, 'quick', [
    { httpMethod: 'POST', path: '/', mappedWorkflow: { name: 'nothing', version: 1 }, timeoutInSeconds: 3 },
  ]);
  for (const url of gateway.urls.ingress) {
    await waitFor(async () => (await call(gateway, 'POST', '/api/feedback/p', { body: feedback, url })).status === 200);
  }
});
afterAll(() => gateway?.stop());

const isUnsent = (error: unknown) => (error as { code?: string }).code === 'ECONNREFUSED';

/** What a balancer does: the next ingress when a connection is refused, where nothing was sent. */
async function balanced(run: number, method: string, path: string, body?: unknown) {
  const { ingress } = gateway.urls;
  const options = (at: number) => ({
    ...(body === undefined ? {} : { body }),
    url: ingress[at % ingress.length] as string,
  });
  return call(gateway, method, path, options(run)).catch((error: unknown) => {
    if (!isUnsent(error)) throw error;
    return call(gateway, method, path, options(run + 1));
  });
}

async function scored(run: number): Promise<void> {
  const { status, body } = await balanced(run, 'POST', `/api/feedback/p${run}`, feedback);
  if (status !== 200 || body.productId !== `p${run}`) throw new Error(`${status} ${JSON.stringify(body)}`);
}

const failuresOf = ({ failures }: { failures: { atMs: number; error: Error }[] }) =>
  failures.map(({ error }) => error.message);

describe('a replica that is told to stop', () => {
  it.each(['executor', 'cache', 'config', 'ingress'] as const)(
    '%s: costs no request under load',
    series,
    async (name) => {
      const service = gateway.stack.services[name][1];
      const stopped = async () => {
        const exit = await service?.stop('SIGTERM', 20_000);
        expect(exit).toMatchObject({ code: 0 });
        await gateway.stack.add(name);
      };
      const result = await load(scored, { concurrency: 8, until: stopped() });
      expect(failuresOf(result)).toEqual([]);
      expect(result.count).toBeGreaterThan(20);
    },
  );
});

describe('a cache replica that is killed under load', () => {
  it('costs nobody the answer, and nothing runs twice at the same time', series, async () => {
    const lookedUp = new Map<string, Set<string>>();
    const statuses: number[] = [];
    const ticket = async (run: number) => {
      // Many ask for the same few tickets; each customer has one, so that no limit is in the way.
      const id = `K-${Math.floor(run / 20)}`;
      const answer = await balanced(run, 'GET', `/api/tickets/${id}?customerId=${id}`);
      statuses.push(answer.status);
      if (answer.status !== 200) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
      lookedUp.set(id, (lookedUp.get(id) ?? new Set()).add(answer.body.lookedUpAt));
    };
    const killed = async () => {
      await waitFor(() => statuses.length > 40);
      await gateway.stack.services.cache[1]?.stop('SIGKILL');
      const then = statuses.length;
      await waitFor(() => statuses.length > then + 60, { timeoutMs: 20_000 });
      await gateway.stack.add('cache');
    };
    const result = await load(ticket, { concurrency: 16, until: killed() });
    expect(failuresOf(result)).toEqual([]);
    for (const [id, moments] of lookedUp) expect([id, moments.size]).toEqual([id, 1]);
  });
});

describe('an executor that is killed while it holds permits', () => {
  it('has them given back once their workflows have ended, and not before', series, async () => {
    const ask = () => call(gateway, 'POST', '/limited', { key: null, body: { who: 'a' } });
    const abandoned = [ask(), ask()].map((each) => each.catch(() => undefined));
    const held = await runningWorkflows(2);
    expect((await ask()).status).toBe(429);
    // Which executor has which is chance: all die, and a new one takes their watches over.
    await Promise.all(gateway.stack.services.executor.map((executor) => executor.stop('SIGKILL')));
    await gateway.stack.add('executor');

    // Longer than the permits' lease: it is not the lease that gives them back.
    const since = performance.now();
    while (performance.now() - since < 4_000) expect((await ask()).status).toBe(429);

    await Promise.all(held.map(terminate));
    const back = waitFor(() => Promise.race([ask().then(({ status }) => status !== 429), delay(500, true)]), {
      what: 'the permits to come back',
      timeoutMs: 15_000,
    });
    expect(await back).toBe(true);
    await Promise.all((await runningWorkflows(1)).map(terminate));
    await Promise.all(abandoned);
    await gateway.stack.add('executor');
  });
});

function terminate(workflowId: string): Promise<Response> {
  return fetch(`${gateway.stack.url('conductor-dev')}/api/workflow/${workflowId}?reason=enough`, { method: 'DELETE' });
}

describe('an executor that is killed while a caller waits', () => {
  it('is stood in for by another, which answers the caller', series, async () => {
    const waiting = call(gateway, 'POST', '/limited/patient', { key: null, body: { who: 'patient' } });
    const [workflowId] = await runningWorkflows(1);
    await Promise.all(gateway.stack.services.executor.map((executor) => executor.stop('SIGKILL')));
    await gateway.stack.add('executor');
    await complete(workflowId as string, { said: 'hello' });
    const { status, body } = await waiting;
    expect([status, body]).toEqual([200, { heard: 'hello' }]);
    await gateway.stack.add('executor');
  });
});

/** Does what the human was asked to do. */
async function complete(workflowId: string, outputData: object): Promise<void> {
  const { url } = gateway.stack.around.conductor;
  const workflow = await fetch(`${url}/workflow/${workflowId}?includeTasks=true`).then((response) => response.json());
  const [{ taskId }] = (workflow as { tasks: [{ taskId: string }] }).tasks;
  const body = JSON.stringify({ workflowInstanceId: workflowId, taskId, status: 'COMPLETED', outputData });
  const response = await fetch(`${url}/tasks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  expect(response.status).toBe(200);
}

/** Ids of the workflows that hold permits, by the executors' watch records, once there are so many. */
async function runningWorkflows(count: number): Promise<string[]> {
  const redis = new Redis(gateway.stack.around.redisUrl);
  try {
    return await waitFor(async () => {
      const keys = await redis.keys('*:watch:*');
      const ids = await Promise.all(keys.map((key) => redis.hget(key, 'workflowId')));
      const known = ids.filter((id) => id !== null);
      return known.length >= count ? known : undefined;
    });
  } finally {
    redis.disconnect();
  }
}

describe('a server that restarts under load', () => {
  it.each(['nats', 'redis'] as const)('%s: service is back within 2 s of its return', series, async (name) => {
    const server = gateway.stack[name];
    let backAt = Number.POSITIVE_INFINITY;
    const failed: { status: number; began: number }[] = [];
    const quick = async (run: number) => {
      const began = performance.now();
      const { status } = await balanced(run, 'POST', '/quick', {});
      if (status !== 200) failed.push({ status, began });
    };
    const restarted = async () => {
      await server?.restart();
      backAt = performance.now();
      await waitFor(async () => (await balanced(0, 'POST', '/quick', {})).status === 200, {
        timeoutMs: 10_000,
      });
      expect(performance.now() - backAt).toBeLessThan(2_000);
      // A while of ordinary service, in which nothing may fail.
      await delay(500);
    };
    expect(failuresOf(await load(quick, { concurrency: 8, until: restarted() }))).toEqual([]);
    expect(failed.filter(({ began }) => began > backAt + 2_000)).toEqual([]);
    // While it is away a caller is told so, at once; what was in flight may meet its deadline.
    for (const { status } of failed) expect([503, 504]).toContain(status);
  });

  it('redis: cached routes execute while it is away, routes with a limit say 503', async () => {
    await gateway.stack.redis?.stop('SIGKILL');
    const answer = await waitFor(async () => {
      const each = await call(gateway, 'POST', '/limited', { key: null, body: { who: 'x' } });
      return each.status === 503 ? each : undefined;
    });
    expect(answer.headers['retry-after']).toBe('1');
    expect((await call(gateway, 'POST', '/api/feedback/p', { body: feedback })).status).toBe(200);
    await gateway.stack.redis?.start();
    await waitFor(async () => (await balanced(0, 'GET', '/api/tickets/R-1?customerId=R-1')).status === 200);
  });
});

describe('NATS that is frozen for longer than it takes to notice', () => {
  it('costs no caller the answer that was made meanwhile', series, async () => {
    const waiting = call(gateway, 'POST', '/limited/patient', { key: null, body: { who: 'frozen' } });
    const [workflowId] = await runningWorkflows(1);
    const { ingress, executor } = gateway.stack.services;
    const ops = [...ingress, ...executor].map(({ ready }) => `${ready['ops'] as string}/readyz`);
    const pid = gateway.stack.nats?.pid as number;
    process.kill(pid, 'SIGSTOP');
    try {
      await complete(workflowId as string, { said: 'hello' });
      const noticed = () => Promise.all(ops.map(async (url) => (await fetch(url)).status === 503));
      await waitFor(async () => (await noticed()).every(Boolean), { what: 'all to notice', timeoutMs: 15_000 });
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    const { status, body } = await waiting;
    expect([status, body]).toEqual([200, { heard: 'hello' }]);
  });
});

describe('a revision that changes under load', () => {
  it('is seen by no request as a mixture', async () => {
    const define = (n: number) => ({
      name: `version-${n}`,
      tasks: [{ name: 'set', taskReferenceName: 'set', type: 'SET_VARIABLE', inputParameters: { n } }],
      outputParameters: { pre: '${workflow.input.pre}', workflow: n },
    });
    const route = (n: number) => ({
      httpMethod: 'POST',
      path: '/',
      mappedWorkflow: { name: `version-${n}`, version: 1 },
      preRequestScript: `({ pre: ${n} })`,
      postResponseScript: `({ pre: $.pre, workflow: $.workflow, post: ${n} })`,
    });
    await register(gateway, ...[1, 2, 3, 4].map(define));
    await publish(gateway, 'changing', [route(1)]);
    const seen = new Set<string>();
    const consistent = async (run: number) => {
      const { status, body } = await balanced(run, 'POST', '/changing', {});
      if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
      seen.add([body.pre, body.workflow, body.post].join());
    };
    const changed = async () => {
      for (const n of [2, 3, 4]) {
        await admin(gateway, 'PUT', '/services/changing/routes?path=/', route(n));
        await waitFor(() => seen.has([n, n, n].join()));
      }
    };
    const result = await load(consistent, { concurrency: 8, until: changed() });
    expect(failuresOf(result)).toEqual([]);
    expect([...seen].sort()).toEqual(['1,1,1', '2,2,2', '3,3,3', '4,4,4']);
  });
});
