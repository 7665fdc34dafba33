import { type Gateway, startGateway, waitFor } from '@rostrum/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, type Answer, type CallOptions, call, feedback, publish, register } from './support.ts';

let gateway: Gateway;
const inline = (expression: string) => ({
  name: 'inline',
  taskReferenceName: 'inline',
  type: 'INLINE',
  inputParameters: { evaluatorType: 'javascript', expression },
});
const route = (path: string, workflow: string, more: object = {}) => ({
  httpMethod: 'POST',
  path,
  mappedWorkflow: { name: workflow, version: 1 },
  ...more,
});

beforeAll(async () => {
  gateway = await startGateway({
    env: { ingress: { BODY_LIMIT_BYTES: '100000' }, executor: { SCRIPT_TIMEOUT_MS: '300' } },
  });
  await gateway.applyExamples({ worker: false });
  await register(
    gateway,
    {
      name: 'echo',
      tasks: [inline('(function () { return 1; })();')],
      outputParameters: { input: '${workflow.input}' },
    },
    { name: 'fails', tasks: [inline('(function () { return nowhere.x; })();')] },
    {
      name: 'stops',
      tasks: [
        {
          name: 'stop',
          taskReferenceName: 'stop',
          type: 'TERMINATE',
          inputParameters: { terminationStatus: 'TERMINATED', terminationReason: 'as told' },
        },
      ],
    },
    { name: 'waits', tasks: [{ name: 'wait', taskReferenceName: 'wait', type: 'HUMAN' }] },
  );
  await publish(gateway, 'bad', [
    route('/ok', 'echo'),
    route('/throws', 'echo', { preRequestScript: 'throw new Error("secret-free message")' }),
    route('/hangs', 'echo', { preRequestScript: 'for (;;) {}' }),
    route('/number', 'echo', { preRequestScript: '7' }),
    route('/after', 'echo', { postResponseScript: '$.input.nothing.there' }),
    route('/unknown', 'no-such-workflow'),
    route('/fails', 'fails'),
    route('/stops', 'stops'),
    route('/waits', 'waits', { timeoutInSeconds: 1 }),
    route('/output', 'echo', { outputSchema: { type: 'object', required: ['x', 'y'] } }),
  ]);
  await publish(gateway, 'limited', [route('/one', 'echo', { rateLimit: { key: '${id}', limit: 1, window: 3_600 } })], {
    rateLimit: { key: '${request.address}', limit: 3, window: 86_400 },
  });
  await waitFor(async () => (await call(gateway, 'POST', '/api/feedback/p', { body: feedback })).status === 200);
});
afterAll(() => gateway?.stop());

/** Every problem has its members, and nothing that is not the caller's. */
function expectProblem(answer: Answer, status: number, code: string): void {
  expect(answer.body).toMatchObject({
    status,
    type: `https://rostrum.dev/problems#${code}`,
    requestId: answer.headers['x-request-id'],
  });
  expect(answer.status).toBe(status);
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(answer.body.detail).toMatch(/\.$/);
  const text = JSON.stringify(answer.body);
  expect(text).not.toMatch(/\bat .*\.ts|node:|node_modules|\/src\/|127\.0\.0\.1/);
  expect(text).not.toContain(gateway.apiKey);
}

describe('what the ingress refuses', () => {
  const path = '/api/feedback/p';
  const table: [string, string, string, CallOptions, number, string][] = [
    ['an unknown path', 'POST', '/api/nowhere', {}, 404, 'route-not-found'],
    ['a path below a route', 'POST', `${path}/x`, {}, 404, 'route-not-found'],
    ['a broken escape', 'POST', '/api/feedback/%zz', {}, 400, 'malformed-request'],
    ['a wrong method', 'GET', path, {}, 405, 'method-not-allowed'],
    ['a method nobody has', 'PROPFIND', path, {}, 405, 'method-not-allowed'],
    ['no key', 'POST', path, { key: null, body: feedback }, 401, 'unauthenticated'],
    ['a wrong key', 'POST', path, { key: 'wrong', body: feedback }, 401, 'unauthenticated'],
    [
      'a malformed key',
      'POST',
      path,
      { key: null, headers: { authorization: 'Basic x' }, body: feedback },
      401,
      'unauthenticated',
    ],
    ['a body that is no JSON', 'POST', path, { body: '{"rating": 5,' }, 400, 'malformed-body'],
    [
      'another content type',
      'POST',
      path,
      { body: 'a=b', headers: { 'content-type': 'text/plain' } },
      415,
      'unsupported-media-type',
    ],
    ['too large a body', 'POST', path, { body: { ...feedback, more: 'x'.repeat(100_001) } }, 413, 'payload-too-large'],
    ['too deep a body', 'POST', path, { body: `{"a":${'['.repeat(70)}${']'.repeat(70)}}` }, 400, 'malformed-body'],
    ['input that violates the schema', 'POST', path, { body: { rating: 9 } }, 400, 'input-schema-violation'],
    ['no body where the schema wants one', 'POST', path, {}, 400, 'input-schema-violation'],
    ['a missing query parameter', 'GET', '/api/tickets/1', {}, 400, 'missing-parameter'],
    ['an execution that never was', 'GET', '/bad/executions/nothing', { key: null }, 404, 'execution-not-found'],
  ];
  it.each(table)('%s', async (_name, method, url, options, status, code) => {
    expectProblem(await call(gateway, method, url, options), status, code);
  });

  it('with all faults of a body at once', async () => {
    const { body } = await call(gateway, 'POST', path, { body: { rating: 9 } });
    expect(body.errors).toEqual(
      expect.arrayContaining([
        { pointer: '/comment', detail: 'is required' },
        { pointer: '/rating', detail: 'must be <= 5' },
      ]),
    );
  });

  it('with the methods that are allowed, and with how to authenticate', async () => {
    expect((await call(gateway, 'GET', path)).headers.allow).toBe('POST, OPTIONS');
    expect((await call(gateway, 'POST', path, { key: null })).headers['www-authenticate']).toContain('Bearer');
  });
});

it('more requests than a rate limit takes', async () => {
  const post = (id: number) => call(gateway, 'POST', '/limited/one', { key: null, body: { id } });
  const first = await post(1);
  expect([first.status, first.headers['ratelimit-policy']]).toEqual([200, '"service";q=3;w=86400, "route";q=1;w=3600']);
  expect(first.headers.ratelimit).toMatch(/^"service";r=2;t=\d+, "route";r=0;t=\d+$/);
  const refused = await post(1);
  expectProblem(refused, 429, 'rate-limit-reached');
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(3_000);
  expect(refused.headers.ratelimit).toContain('"route";r=0;');
  // The service's limit has room for two more: what the route refused did not count.
  expect([(await post(2)).status, (await post(3)).status]).toEqual([200, 200]);
  const over = await post(4);
  expectProblem(over, 429, 'rate-limit-reached');
  expect(over.headers['ratelimit-policy']).toBe('"service";q=3;w=86400');
});

describe('what goes wrong behind the ingress', () => {
  const post = (path: string) => call(gateway, 'POST', path, { key: null, body: { a: 1 } });
  const table: [string, string, number, string][] = [
    ['a script that throws', '/bad/throws', 500, 'script-failed'],
    ['a script that hangs', '/bad/hangs', 500, 'script-timeout'],
    ['a script that gives no object', '/bad/number', 500, 'script-failed'],
    ['a script after the workflow that throws', '/bad/after', 500, 'script-failed'],
    ['an unknown workflow', '/bad/unknown', 502, 'workflow-not-found'],
    ['a workflow that fails', '/bad/fails', 502, 'workflow-failed'],
    ['a workflow that is terminated', '/bad/stops', 502, 'workflow-failed'],
    ['output that violates its schema', '/bad/output', 502, 'output-schema-violation'],
  ];
  it.each(table)('%s', async (_name, path, status, code) => {
    expectProblem(await post(path), status, code);
  });

  it('is told ahead where it can be: an unknown workflow, in the answer that stores its route', async () => {
    const stored = await admin(gateway, 'POST', '/services/bad/routes', route('/warned', 'no-such-workflow'));
    expect(stored).toMatchObject({ warnings: [{ pointer: '/mappedWorkflow' }] });
    const known = await admin(gateway, 'POST', '/services/bad/routes', route('/not-warned', 'echo'));
    expect(known).not.toHaveProperty('warnings');
  });

  it('names the workflow and why it failed', async () => {
    const { body } = await post('/bad/stops');
    expect(body).toMatchObject({
      workflowId: expect.stringMatching(/^[\w-]{30,}$/),
      workflowStatus: 'TERMINATED',
      reason: expect.stringContaining('as told'),
    });
    expect((await post('/bad/after')).body.workflowId).toBeTruthy();
  });

  it('names the script’s own message, without a stack', async () => {
    const { body } = await post('/bad/throws');
    expect(body.detail).toContain('pre-request script failed: ');
    expect(body.detail).toContain('secret-free message');
  });

  it('is a 202 with an address when the workflow still runs at the deadline', async () => {
    const answer = await post('/bad/waits');
    expect([answer.status, answer.headers['retry-after']]).toEqual([202, '1']);
    const { workflowId } = answer.body;
    expect(answer.headers.location).toBe(`/bad/executions/${workflowId}`);
    expect((await call(gateway, 'GET', answer.headers.location as string, { key: null })).status).toBe(202);
    await fetch(`${gateway.stack.url('conductor-dev')}/api/workflow/${workflowId}?reason=enough`, { method: 'DELETE' });
    const ended = await waitFor(async () => {
      const look = await call(gateway, 'GET', answer.headers.location as string, { key: null });
      return look.status === 202 ? undefined : look;
    });
    expectProblem(ended, 502, 'workflow-failed');
    // Another service's caller learns nothing of it.
    expectProblem(
      await call(gateway, 'GET', `/approvals/executions/${workflowId}`, { key: null }),
      404,
      'execution-not-found',
    );
  });

  it('serves good requests all the while', async () => {
    const hanging = Array.from({ length: 10 }, () => post('/bad/hangs'));
    expect((await post('/bad/ok')).status).toBe(200);
    // Those that get no turn before half of their time is over are refused as overload, which they are.
    for (const { status } of await Promise.all(hanging)) expect([500, 503]).toContain(status);
  });

  it('leaves no secret in any log', async () => {
    const lines = Object.values(gateway.stack.services)
      .flat()
      .flatMap((service) => service.lines);
    expect(lines.length).toBeGreaterThan(10);
    for (const line of lines) expect(line).not.toContain(gateway.apiKey);
  });
});

describe('a Conductor that is away', () => {
  it('is a 502, and service returns with it', async () => {
    const [conductor] = gateway.stack.services['conductor-dev'];
    process.kill(conductor?.pid as number, 'SIGSTOP');
    const frozen = await call(gateway, 'POST', '/bad/waits', { key: null, body: {} });
    expectProblem(frozen, 504, 'conductor-timeout');
    process.kill(conductor?.pid as number, 'SIGCONT');
    expect((await call(gateway, 'POST', '/bad/ok', { key: null, body: {} })).status).toBe(200);
    await conductor?.stop('SIGKILL');
    expectProblem(await call(gateway, 'POST', '/bad/ok', { key: null, body: {} }), 502, 'conductor-unavailable');
  });
});
