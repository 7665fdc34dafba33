import { type Gateway, startGateway, waitFor } from '@rostrum/testkit';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, admin, call, publish, register, workflowStatus } from './support.ts';

/**
 * How callers wait, or do not, and what they may do with an execution afterwards; on the embedded Conductor, or on the
 * one that CONDUCTOR_SERVER_URL names.
 */
let gateway: Gateway;
const alice = 'key-of-alice';
const bob = 'key-of-bob';

const route = (path: string, more: object = {}) => ({
  httpMethod: 'POST',
  path,
  mappedWorkflow: { name: 'gated', version: 1 },
  postResponseScript: '({ shown: $.passed })',
  ...more,
});
const routes = [
  route('/sync'),
  route('/async', { workflowExecutionMode: 'ASYNCHRONOUS' }),
  route('/shared', { executionsVisibleTo: 'SERVICE' }),
  route('/cancellable', { cancelAllowed: true }),
  route('/keyed', { idempotencyKeyRequired: true }),
  route('/cached', { cacheConfig: { key: '${workflow.input.id}', ttlInSecond: 300 } }),
];

beforeAll(async () => {
  const url = process.env.CONDUCTOR_SERVER_URL;
  gateway = await startGateway(url ? { conductor: { url } } : {});
  await register(gateway, {
    name: 'gated',
    tasks: [{ name: 'gate', taskReferenceName: 'gate', type: 'HUMAN' }],
    outputParameters: { passed: '${gate.output.passed}' },
  });
  await admin(gateway, 'POST', '/auth', { id: 'keys', authenticationType: 'API_KEY', apiKeys: [alice, bob] });
  await publish(gateway, 'open', routes);
  await publish(gateway, 'modes', routes, { authConfigId: 'keys' });
});
afterAll(() => gateway?.stop());

const post = (path: string, prefer?: string, more: { key?: string | null; body?: object } = {}) =>
  call(gateway, 'POST', path, {
    ...{ key: alice, body: { id: 1 }, ...more },
    ...(prefer === undefined ? {} : { headers: { prefer } }),
  });
const at = (answer: Answer, method = 'GET', key: string | null = alice, prefer?: string) =>
  call(gateway, method, answer.headers.location as string, { key, ...(prefer ? { headers: { prefer } } : {}) });
const codeOf = ({ status, body }: Answer) => `${status} ${String(body.type).split('#')[1]}`;

/** Lets a workflow through its gate, or fails it there. */
async function open(answer: Answer, status = 'COMPLETED', output: object = { passed: 'yes' }): Promise<void> {
  const { statusCode, body } = await request(`${gateway.conductorUrl}/tasks/${answer.body.workflowId}/gate/${status}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(output),
  });
  expect(statusCode, await body.text()).toBe(200);
}

function expectLeft(answer: Answer, service = 'modes'): void {
  expect([answer.status, answer.body]).toEqual([202, { workflowId: expect.any(String), status: 'RUNNING' }]);
  expect(answer.headers.location).toBe(`/${service}/executions/${answer.body.workflowId}`);
  expect(answer.headers['retry-after']).toBe('1');
}

describe('a caller', () => {
  it('that prefers it gets a 202 as soon as the workflow runs', async () => {
    const answer = await post('/modes/sync', 'respond-async');
    expectLeft(answer);
    expect(answer.headers['preference-applied']).toBe('respond-async');
    expect(await workflowStatus(gateway, answer.body.workflowId)).toBe('RUNNING');
    expectLeft(await post('/modes/sync', 'wait=0'));
  });

  it('of an asynchronous route gets one always', async () => {
    expectLeft(await post('/modes/async'));
    const waiting = await post('/modes/async', 'wait=20');
    expectLeft(waiting);
    expect(waiting.headers['preference-applied']).toBe('wait=0');
  });

  it('waits as long as it prefers, and no longer', async () => {
    for (const prefer of ['wait=1', 'respond-async, wait=1']) {
      const began = performance.now();
      const answer = await post('/modes/sync', prefer);
      const ms = performance.now() - began;
      expectLeft(answer);
      expect(answer.headers['preference-applied']).toBe(prefer);
      expect(ms).toBeGreaterThan(900);
      expect(ms).toBeLessThan(10_000);
    }
  });

  it('gets the answer where it comes within its wait', async () => {
    const before = await runningWorkflows();
    const answering = post('/modes/sync', 'wait=20');
    const workflowId = await waitFor(async () => (await runningWorkflows()).find((id) => !before.includes(id)));
    // Conductor may still be about to start it, and then writes over what it was told of the gate.
    await waitFor(async () => {
      const isThrough = (await workflowStatus(gateway, workflowId)) === 'COMPLETED';
      if (!isThrough) await open({ status: 0, headers: {}, body: { workflowId } });
      return isThrough;
    });
    const { status, body, headers } = await answering;
    expect([status, body, headers['preference-applied']]).toEqual([200, { shown: 'yes' }, 'wait=20']);
  });

  it('of a cached route leaves with an id of its own, and what it left is not kept', async () => {
    const first = await post('/modes/cached', 'respond-async', { body: { id: 'c' } });
    const second = await post('/modes/cached', 'respond-async', { body: { id: 'c' } });
    expectLeft(first);
    expectLeft(second);
    expect(second.body.workflowId).not.toBe(first.body.workflowId);
    expect(second.headers['cache-status']).toMatch(/^rostrum; fwd=miss/);
  });

  it('has to send an Idempotency-Key where the route wants one', async () => {
    expect(codeOf(await post('/modes/keyed', 'respond-async'))).toBe('400 idempotency-key-missing');
    const headers = { prefer: 'respond-async', 'idempotency-key': '"k-1"' };
    expectLeft(await call(gateway, 'POST', '/modes/keyed', { key: alice, body: {}, headers }));
    expect(
      codeOf(await call(gateway, 'POST', '/modes/sync', { key: alice, headers: { 'idempotency-key': 'a b' } })),
    ).toBe('400 malformed-request');
  });
});

describe('an execution', () => {
  it('is 202 while it runs, and then the route’s own answer', async () => {
    const left = await post('/modes/sync', 'respond-async');
    expectLeft(await at(left));
    await open(left);
    const ended = await at(left);
    expect([ended.status, ended.body, ended.headers['content-type']]).toEqual([
      200,
      { shown: 'yes' },
      'application/json; charset=utf-8',
    ]);
    expect((await at(left)).body, 'as often as it is asked for').toEqual({ shown: 'yes' });
  });

  it('is waited for', async () => {
    const left = await post('/modes/sync', 'respond-async');
    const early = await at(left, 'GET', alice, 'wait=1');
    expectLeft(early);
    expect(early.headers['preference-applied']).toBe('wait=1');
    const waiting = at(left, 'GET', alice, 'wait=20');
    await open(left);
    const { status, body, headers } = await waiting;
    expect([status, body, headers['preference-applied']]).toEqual([200, { shown: 'yes' }, 'wait=20']);
  });

  it('that failed is the problem that the caller would have had', async () => {
    const left = await post('/modes/sync', 'respond-async');
    await open(left, 'FAILED_WITH_TERMINAL_ERROR', {});
    const ended = await at(left, 'GET', alice, 'wait=20');
    expect(codeOf(ended)).toBe('502 workflow-failed');
    expect(ended.body).toMatchObject({ workflowId: left.body.workflowId, workflowStatus: 'FAILED' });
  });

  it('is its caller’s alone, unless the route shows it to the service', async () => {
    const own = await post('/modes/cancellable', 'respond-async');
    for (const method of ['GET', 'DELETE']) {
      expect(codeOf(await at(own, method, bob)), method).toBe('404 execution-not-found');
      expect(codeOf(await at(own, method, null)), method).toBe('401 unauthenticated');
    }
    const elsewhere = { ...own, headers: { location: `/open/executions/${own.body.workflowId}` } };
    expect(codeOf(await at(elsewhere, 'GET', null)), 'another service').toBe('404 execution-not-found');
    expectLeft(await at(own));

    const shared = await post('/modes/shared', 'respond-async');
    expectLeft(await at(shared, 'GET', bob));
    expect(codeOf(await at(shared, 'GET', null))).toBe('401 unauthenticated');
  });

  it('is cancelled by its caller where the route allows it, once or twice', async () => {
    const left = await post('/modes/cancellable', 'respond-async');
    const cancelled = await at(left, 'DELETE');
    expect([cancelled.status, cancelled.body]).toEqual([204, '']);
    expect(await workflowStatus(gateway, left.body.workflowId)).toBe('TERMINATED');
    const ended = await at(left);
    expect([codeOf(ended), ended.body.workflowStatus, ended.body.reason]).toEqual([
      '502 workflow-failed',
      'TERMINATED',
      'Cancelled by its caller',
    ]);
    expect((await at(left, 'DELETE')).status, 'again').toBe(204);
  });

  it('that has ended stays as it ended', async () => {
    const left = await post('/modes/cancellable', 'respond-async');
    await open(left);
    expect((await at(left, 'DELETE')).status).toBe(204);
    expect((await at(left)).body).toEqual({ shown: 'yes' });
  });

  it('is not cancelled where the route does not say so', async () => {
    const left = await post('/modes/sync', 'respond-async');
    const refused = await at(left, 'DELETE');
    expect([codeOf(refused), refused.headers.allow]).toEqual(['405 method-not-allowed', 'GET, HEAD, OPTIONS']);
    expectLeft(await at(left));
  });

  it('of a public service is anybody’s who has its id, to look at and never to cancel', async () => {
    const left = await post('/open/cancellable', 'respond-async', { key: null });
    expectLeft(left, 'open');
    expectLeft(await at(left, 'GET', null), 'open');
    const refused = await at(left, 'DELETE', null);
    expect([codeOf(refused), refused.headers.allow]).toEqual(['405 method-not-allowed', 'GET, HEAD, OPTIONS']);
    expect(await workflowStatus(gateway, left.body.workflowId)).toBe('RUNNING');
  });
});

async function runningWorkflows(): Promise<string[]> {
  const { body } = await request(`${gateway.conductorUrl}/workflow/running/gated?version=1`);
  return (await body.json()) as string[];
}
