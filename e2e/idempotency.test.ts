import { randomUUID } from 'node:crypto';
import { type Gateway, rounds, startGateway, waitFor } from '@rostrum/testkit';
import { Redis } from 'ioredis';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HeldConductor, heldConductor } from './held-conductor.ts';
import { type Answer, call, publish, register, workflowStatus } from './support.ts';

/**
 * A request with an `Idempotency-Key` runs once, whatever dies; on the embedded Conductor, or on the one that
 * CONDUCTOR_SERVER_URL names (with SQLite storage, where it finds workflows by correlation id).
 */
let gateway: Gateway;
let conductor: HeldConductor;
let redis: Redis;

const route = (path: string, name: string, more: object = {}) => ({
  ...{ httpMethod: 'POST', path, mappedWorkflow: { name, version: 1 }, timeoutInSeconds: 10, ...more },
});
/** Long enough to be killed in. */
const busy = '(() => { const end = Date.now() + 300; while (Date.now() < end); return $; })()';

beforeAll(async () => {
  conductor = await heldConductor(() => gateway.conductorUrl);
  const url = process.env.CONDUCTOR_SERVER_URL;
  gateway = await startGateway({
    ...(url ? { conductor: { url } } : {}),
    env: {
      executor: {
        CONDUCTOR_SERVER_URL: conductor.url,
        CONDUCTOR_CALL_TIMEOUT_MS: '2000',
        SCRIPT_TIMEOUT_MS: '1000',
        SCRIPT_PROCESSES: '2',
        PERMIT_LEASE_MS: '3000',
      },
    },
  });
  redis = new Redis(gateway.stack.around.redisUrl);
  redis.on('error', () => {});
  const passed = { id: '${workflow.input.id}', workflowId: '${workflow.workflowId}' };
  await register(
    gateway,
    { name: 'short', tasks: [set('a', passed)], outputParameters: passed },
    {
      name: 'failing',
      tasks: [
        {
          ...{ name: 'end', taskReferenceName: 'end', type: 'TERMINATE' },
          inputParameters: { terminationStatus: 'FAILED', terminationReason: 'as it is defined' },
        },
      ],
    },
    {
      name: 'gated',
      tasks: [{ name: 'gate', taskReferenceName: 'gate', type: 'HUMAN' }],
      outputParameters: { ...passed, passed: '${gate.output.passed}' },
    },
  );
  const limited = { rateLimitConfig: { rateLimitKey: '${workflow.input.id}', concurrentExecLimit: 1 } };
  await publish(gateway, 'once', [
    route('/short', 'short'),
    route('/busy', 'short', { preRequestScript: busy }),
    route('/gated', 'gated'),
    route('/failing', 'failing'),
    route('/limited', 'gated', limited),
    route('/limited-short', 'short', limited),
  ]);
});
afterAll(async () => {
  redis?.disconnect();
  await gateway?.stop();
  await conductor?.close();
});

function set(name: string, inputParameters: object): object {
  return { name, taskReferenceName: name, type: 'SET_VARIABLE', inputParameters };
}

interface Request {
  path: string;
  id: string;
}
const fresh = (path: string): Request => ({ path, id: randomUUID() });
const send = ({ path, id }: Request, more: { prefer?: string; body?: object } = {}): Promise<Answer> =>
  call(gateway, 'POST', `/once${path}`, {
    key: null,
    body: more.body ?? { id },
    headers: { 'idempotency-key': id, ...(more.prefer ? { prefer: more.prefer } : {}) },
  });
const codeOf = ({ status, body }: Answer) => `${status} ${String(body?.type).split('#')[1]}`;
const claims = () => redis.keys('*:idempotency:*');
const executor = () => gateway.stack.services.executor[0]!;

/** Under way in the executor. */
async function executions(): Promise<number> {
  const text = await (await request(`${executor().ready['ops'] as string}/metrics`)).body.text();
  return Number(/^rostrum_executor_executions (\d+)$/m.exec(text)?.[1]);
}

async function open(id: string): Promise<void> {
  const url = `${gateway.conductorUrl}/tasks/${conductor.started(id)[0]}/gate/COMPLETED`;
  const headers = { 'content-type': 'application/json' };
  const { statusCode, body } = await request(url, { method: 'POST', headers, body: '{"passed":"yes"}' });
  expect(statusCode, await body.text()).toBe(200);
}

/** As a client does that does not know what became of its request. */
function repeatUntilAnswered(wanted: Request): Promise<Answer> {
  const answered = async () => {
    const answer = await send(wanted, { prefer: 'wait=10' });
    return answer.status === 200 ? answer : undefined;
  };
  return waitFor(answered, { timeoutMs: 30_000, everyMs: 200, what: `an answer to ${wanted.path}` });
}

describe('where Conductor cannot look workflows up', () => {
  it('a start that nobody knows the fate of is not repeated, and that is said', async () => {
    // Before anything was found on it.
    conductor.blind = true;
    const lost = fresh('/gated');
    const held = conductor.hold(lost.id, 'request');
    const first = send(lost);
    await held.arrived;
    await executor().stop('SIGKILL');
    await gateway.stack.add('executor');
    const answer = await waitFor(async () => {
      const repeated = await send(lost);
      return repeated.status === 409 ? undefined : repeated;
    });
    expect(codeOf(answer)).toBe('502 idempotency-unresolved');
    expect(codeOf(await send(lost))).toBe('502 idempotency-unresolved');
    expect(conductor.started(lost.id)).toEqual([]);
    held.release();
    await waitFor(() => conductor.started(lost.id).length === 1);
    conductor.blind = false;
    const found = send(lost, { prefer: 'wait=10' });
    await open(lost.id);
    expect((await found).body).toMatchObject({ id: lost.id, workflowId: conductor.started(lost.id)[0] });
    await first;
  });
});

describe('a request that is repeated', () => {
  it('gets the first answer again', async () => {
    const wanted = fresh('/short');
    const first = await send(wanted);
    expect([first.status, first.headers['idempotency-replayed']]).toEqual([200, undefined]);
    const again = await send(wanted);
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([200, 'true']);
    expect(again.body).toEqual(first.body);
    expect(conductor.started(wanted.id)).toHaveLength(1);
  });

  it('is told so while the first runs, or waits for the first’s answer', async () => {
    for (const path of ['/gated', '/limited']) {
      const wanted = fresh(path);
      const first = send(wanted);
      await waitFor(() => conductor.started(wanted.id).length === 1);
      const refused = await send(wanted);
      expect(codeOf(refused)).toBe('409 idempotency-in-flight');
      expect(refused.headers['retry-after']).toBe('1');
      expect(codeOf(await send(wanted, { prefer: 'wait=1' }))).toBe('409 idempotency-in-flight');
      const waiting = send(wanted, { prefer: 'wait=20' });
      await open(wanted.id);
      expect((await waiting).body).toEqual((await first).body);
      expect((await waiting).headers['idempotency-replayed']).toBe('true');
      expect(conductor.started(wanted.id)).toHaveLength(1);
    }
  });

  it('gets the 202 again that the first got', async () => {
    const wanted = fresh('/gated');
    const first = await send(wanted, { prefer: 'respond-async' });
    expect(first.status).toBe(202);
    const again = await send(wanted);
    expect([again.status, again.headers.location]).toEqual([202, first.headers.location]);
    expect(again.headers['idempotency-replayed']).toBe('true');
  });

  it('is refused when it is not the same', async () => {
    const wanted = fresh('/short');
    await send(wanted);
    expect(codeOf(await send(wanted, { body: { id: 'else' } }))).toBe('422 idempotency-key-reused');
  });

  it('many times at once runs once', async () => {
    const wanted = fresh('/short');
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(wanted, { prefer: 'wait=10' })));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(answers.filter(({ headers }) => headers['idempotency-replayed'] === undefined)).toHaveLength(1);
    expect(conductor.started(wanted.id)).toHaveLength(1);
  });

  it('after its first caller has hung up gets the answer that it would have had', async () => {
    const wanted = fresh('/gated');
    const gone = new AbortController();
    const first = request(`${gateway.url}/once/gated`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': wanted.id },
      body: JSON.stringify({ id: wanted.id }),
      signal: gone.signal,
    }).catch((error: Error) => error.name);
    await waitFor(() => conductor.started(wanted.id).length === 1);
    gone.abort();
    expect(await first).toBe('AbortError');
    await open(wanted.id);
    const answer = await repeatUntilAnswered(wanted);
    expect([answer.body.passed, answer.headers['idempotency-replayed']]).toEqual(['yes', 'true']);
    expect(conductor.started(wanted.id)).toHaveLength(1);
  });

  it('waits for the first’s answer no longer than its own caller does', async () => {
    const wanted = fresh('/gated');
    const first = send(wanted);
    await waitFor(() => conductor.started(wanted.id).length === 1);
    const before = await executions();
    const gone = new AbortController();
    const repeat = request(`${gateway.url}/once/gated`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': wanted.id, prefer: 'wait=10' },
      body: JSON.stringify({ id: wanted.id }),
      signal: gone.signal,
    }).catch((error: Error) => error.name);
    await waitFor(async () => (await executions()) === before + 1, { what: 'the repeat to wait' });
    gone.abort();
    expect(await repeat).toBe('AbortError');
    await waitFor(async () => (await executions()) === before, { what: 'its wait to end', timeoutMs: 2_000 });
    await open(wanted.id);
    expect((await first).status).toBe(200);
  });

  it('gets the failure again that the first got', async () => {
    const wanted = fresh('/failing');
    const first = await send(wanted);
    expect(codeOf(first)).toBe('502 workflow-failed');
    const again = await send(wanted);
    expect([codeOf(again), again.headers['idempotency-replayed']]).toEqual(['502 workflow-failed', 'true']);
    expect(again.body.workflowId).toBe(first.body.workflowId);
    expect(conductor.started(wanted.id)).toHaveLength(1);
  });

  it('after a refusal before the start may run', async () => {
    const [running, wanted] = [fresh('/limited'), fresh('/limited')];
    const body = { id: running.id };
    void send(running).catch(() => {});
    await waitFor(() => conductor.started(running.id).length === 1);
    expect(codeOf(await send(wanted, { body }))).toBe('429 concurrency-limit-reached');
    await open(running.id);
    await waitFor(async () => (await send(wanted, { body, prefer: 'respond-async' })).status === 202);
  });
});

it(
  'an executor that is killed at any point between claim and answer leaves one workflow for each request',
  async () => {
    for (let round = 0; round < 2 * rounds; round++) {
      const [early, script, lost, late, unheard, running, done] = [
        ...[fresh('/busy'), fresh('/busy'), fresh('/limited-short'), fresh('/short'), fresh('/short')],
        ...[fresh('/gated'), fresh('/short')],
      ] as [Request, Request, Request, Request, Request, Request, Request];
      const all = [early, script, lost, late, unheard, running, done];
      const first = new Map<Request, Promise<Answer>>();
      const begin = (wanted: Request) => first.set(wanted, send(wanted));
      const losing = conductor.hold(lost.id, 'request');
      const coming = conductor.hold(late.id, 'request');
      const answering = conductor.hold(unheard.id, 'answer');
      for (const wanted of [lost, late, unheard, running, done]) begin(wanted);
      const answer = await first.get(done);
      await Promise.all([losing.arrived, coming.arrived, answering.arrived]);
      await waitFor(() => conductor.started(running.id).length === 1);
      // One in its script and one just claimed, or as soon as either of them is.
      const known = (await claims()).length;
      const claimed = (more: number) => waitFor(async () => (await claims()).length >= known + more, { everyMs: 1 });
      begin(script);
      if (round % 2 === 0) await claimed(1);
      begin(early);
      await claimed(round % 2 === 0 ? 2 : 1);
      await executor().stop('SIGKILL');
      losing.drop();
      if (round % 2 === 0) coming.release();
      const replaced = gateway.stack.add('executor');
      coming.release();
      await replaced;
      await open(running.id);

      const repeated = await Promise.all(all.map(repeatUntilAnswered));
      for (const [n, wanted] of all.entries()) {
        const started = conductor.started(wanted.id);
        expect(started, `${n} of round ${round}`).toHaveLength(1);
        expect(repeated[n]?.body).toMatchObject({ id: wanted.id, workflowId: started[0] });
      }
      expect(repeated.at(-1)?.body).toEqual(answer?.body);
      for (const answered of await Promise.all(first.values())) {
        if (answered.status === 200) expect(answered.body.workflowId).toBe(conductor.started(answered.body.id)[0]);
      }
    }
  },
  60_000 * rounds,
);

it('an executor that stops passes requests with a key on: what runs, what waits for it, and what has not begun', async () => {
  const stopping = executor();
  await gateway.stack.add('executor');
  // As many as it takes for both executors to have some; scripts of one service run one at a time here.
  const running = Array.from({ length: 8 }, () => fresh('/gated'));
  const beginning = [fresh('/busy'), fresh('/busy')];
  const first = running.map((wanted) => send(wanted));
  await waitFor(() => running.every(({ id }) => conductor.started(id).length === 1));
  const waiting = running.map((wanted) => send(wanted, { prefer: 'wait=10' }));
  const known = (await claims()).length;
  const begun = beginning.map((wanted) => send(wanted));
  await waitFor(async () => (await claims()).length > known);
  await stopping.stop();
  await Promise.all(running.map(({ id }) => open(id)));
  for (const answers of [first, waiting, begun]) {
    for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ status: 200 });
  }
  for (const [n, { id }] of [...running, ...beginning].entries()) expect(conductor.started(id), `${n}`).toHaveLength(1);
  const repeated = await Promise.all(running.map((wanted) => send(wanted)));
  expect(repeated.map(({ body }) => body)).toEqual((await Promise.all(first)).map(({ body }) => body));
});

it('a start that arrives after its claim was taken over is terminated, and logged', async () => {
  // An executor that has found a workflow believes the server that there is none.
  await send(fresh('/short'));
  const wanted = fresh('/gated');
  const held = conductor.hold(wanted.id, 'request');
  expect(codeOf(await send(wanted))).toBe('504 conductor-timeout');
  const waiting = repeatUntilAnswered(wanted);
  await waitFor(() => conductor.started(wanted.id).length === 1);
  held.release();
  await waitFor(() => conductor.started(wanted.id).length === 2);
  const [kept, extra] = conductor.started(wanted.id);
  await waitFor(async () => (await workflowStatus(gateway, extra!)) === 'TERMINATED');
  await waitFor(() => executor().lines.some((line) => line.includes('second workflow') && line.includes(extra!)));
  expect(await workflowStatus(gateway, kept!)).toBe('RUNNING');
  await open(wanted.id);
  expect((await waiting).body.workflowId).toBe(kept);
});

it('a holder that was frozen starts nothing when it wakes, and what it had sent is found', async () => {
  const frozen = executor();
  const [before, under] = [fresh('/busy'), fresh('/short')];
  const held = conductor.hold(under.id, 'request');
  const first = [send(under)];
  await held.arrived;
  const known = (await claims()).length;
  first.push(send(before));
  await waitFor(async () => (await claims()).length > known, { everyMs: 1 });
  process.kill(frozen.pid, 'SIGSTOP');
  try {
    held.release();
    await gateway.stack.add('executor');
    // Of several at once some come to the one that is awake.
    const answer = (wanted: Request) =>
      waitFor(() => Promise.any(Array.from({ length: 6 }, () => send(wanted, { prefer: 'wait=8' }).then(expectDone))), {
        timeoutMs: 25_000,
      });
    for (const wanted of [under, before]) expect((await answer(wanted)).body.id).toBe(wanted.id);
  } finally {
    process.kill(frozen.pid, 'SIGCONT');
  }
  await Promise.all(first);
  // Both are awake: all that comes now is answered, and what the frozen one had taken before is over.
  for (const wanted of [under, before]) {
    await repeatUntilAnswered(wanted);
    expect(conductor.started(wanted.id)).toHaveLength(1);
  }
});

function expectDone(answer: Answer): Answer {
  if (answer.status !== 200) throw new Error(codeOf(answer));
  return answer;
}

it('without Redis requests with a key are refused, and nothing is started', async () => {
  await gateway.stack.redis?.stop();
  const wanted = fresh('/short');
  expect(codeOf(await send(wanted))).toBe('503 service-unavailable');
  expect(conductor.started(wanted.id)).toEqual([]);
  await gateway.stack.redis?.start();
  await repeatUntilAnswered(wanted);
  expect(conductor.started(wanted.id)).toHaveLength(1);
});
