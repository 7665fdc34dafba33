import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Gateway, startGateway, waitFor } from '@rostrum/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, call, publish, register } from './support.ts';

/** Routes tried by an administrator, and cURL commands, through real processes. */
let gateway: Gateway;
const run = promisify(execFile);

const echo = { name: 'echo', version: 1, requestMetadataAsInput: true };
const route = (httpMethod: string, path: string, more: object = {}) => ({
  httpMethod,
  path,
  mappedWorkflow: echo,
  ...more,
});

beforeAll(async () => {
  gateway = await startGateway({ env: { config: { CONDUCTOR_UI_URL: 'http://ui.example/execution/{workflowId}' } } });
  await register(gateway, {
    name: 'echo',
    tasks: [{ name: 'none', taskReferenceName: 'none', type: 'NOOP' }],
    outputParameters: { id: '${workflow.input.id}', q: '${workflow.input.q}', name: '${workflow.input.name}' },
  });
});
afterAll(() => gateway?.stop());

// oxlint-disable-next-line typescript/no-explicit-any -- tests say themselves what they expect of it
const tryRoute = async (service: string, trial: object): Promise<any> =>
  admin(gateway, 'POST', `/services/${service}/routes/test`, trial);

describe('a route that is tried', () => {
  beforeAll(async () => {
    await admin(gateway, 'POST', '/services', {
      id: 'draft',
      path: '/draft/v1',
      enabled: false,
      routes: [
        route('POST', '/things/{id}', {
          queryParameters: [{ name: 'q', required: true }],
          inputSchema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
          cacheConfig: { key: '${workflow.input.id}', ttlInSecond: 300 },
          rateLimitConfig: { rateLimitKey: '${workflow.input.id}', concurrentExecLimit: 5 },
          preRequestScript: '$.name = $.name.toUpperCase(); $',
          postResponseScript: '$',
        }),
        route('GET', '/slow', { workflowExecutionMode: 'ASYNCHRONOUS' }),
      ],
    });
  });
  const trial = { method: 'POST', path: '/things/a%20b', query: { q: ['1', '2'] }, body: { name: 'x' } };

  it('answers as its caller would be, though its service is not enabled; nobody else reaches it', async () => {
    const tried = await tryRoute('draft', trial);
    expect(tried).toMatchObject({
      status: 200,
      headers: { 'content-type': expect.stringContaining('json'), 'x-request-id': tried.requestId },
      body: { id: 'a b', q: ['1', '2'], name: 'X' },
      workflowId: expect.any(String),
      cache: { asked: true, status: expect.stringMatching(/^rostrum; fwd=miss; stored; key=/) },
    });
    const { timings } = tried;
    for (const step of ['match', 'inputSchema', 'cache', 'execute', 'revision', 'permit', 'preRequestScript', 'start'])
      expect([step, typeof timings[step]]).toEqual([step, 'number']);
    expect(timings.total).toBeGreaterThanOrEqual(timings.execute);
    expect(timings.execute).toBeGreaterThanOrEqual(timings.start);

    await waitFor(async () => (await tryRoute('draft', trial)).cache.status.includes('hit'), { what: 'a kept answer' });
    const outside = await call(gateway, 'POST', '/draft/v1/things/7?q=1', { body: { name: 'x' } });
    expect(outside).toMatchObject({ status: 404, body: { type: expect.stringContaining('route-not-found') } });
  });

  it('tells what would be refused, as its caller would be told', async () => {
    expect(await tryRoute('draft', { method: 'POST', path: '/things/7', body: {} })).toMatchObject({
      status: 400,
      body: { type: expect.stringContaining('missing-parameter') },
      cache: { asked: false },
    });
    expect(await tryRoute('draft', { ...trial, body: { name: 7 } })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/name' }] },
    });
    expect(await tryRoute('draft', { method: 'GET', path: '/things/7' })).toMatchObject({
      status: 405,
      headers: { allow: 'POST, OPTIONS' },
    });
    expect(await tryRoute('draft', { ...trial, headers: { 'Content-Type': 'text/plain' } })).toMatchObject({
      status: 415,
    });
  });

  it('that answers 202 leaves an execution that is its tester’s alone', async () => {
    const { status, headers, workflowId } = await tryRoute('draft', { method: 'GET', path: '/slow' });
    expect(status).toBe(202);
    expect(headers.location).toBe(`/draft/executions/${workflowId}`);
    await admin(gateway, 'POST', '/auth', { id: 'draft-open', authenticationType: 'NONE' });
    const service = await admin(gateway, 'GET', '/services/draft');
    await admin(gateway, 'PUT', '/services/draft', {
      ...(service as object),
      enabled: true,
      authConfigId: 'draft-open',
    });
    await waitFor(async () => (await call(gateway, 'OPTIONS', '/draft/v1/slow')).status === 204, { what: 'draft' });
    expect((await call(gateway, 'GET', headers.location)).status).toBe(404);
  });

  it('is the newest, as soon as it is written', async () => {
    for (const title of ['one', 'two', 'three']) {
      await admin(
        gateway,
        'PUT',
        '/services/draft/routes',
        route('GET', '/slow', { postResponseScript: `"${title}"` }),
      );
      expect(await tryRoute('draft', { method: 'GET', path: '/slow' })).toMatchObject({ status: 200, body: title });
    }
  });

  it('of a service that is not there, or with a member that is not known, is a fault of the request', async () => {
    await expect(tryRoute('nowhere', trial)).rejects.toThrow('404');
    await expect(tryRoute('draft', { ...trial, verb: 'x', path: 'things' })).rejects.toThrow(/400.*\/path.*\/verb/s);
  });

  it('without an ingress says so', async () => {
    const { ingress } = gateway.stack.services;
    await Promise.all(ingress.map((each) => each.stop()));
    await expect(tryRoute('draft', trial)).rejects.toThrow(/503.*No ingress/s);
    await gateway.stack.add('ingress', {}, Number(new URL(gateway.url).port));
  });
});

describe('a cURL command', () => {
  const commandOf = async (service: string, method: string, path: string): Promise<string> => {
    const query = new URLSearchParams({ method, path });
    return ((await admin(gateway, 'GET', `/services/${service}/routes/curl?${query.toString()}`)) as { curl: string })
      .curl;
  };
  /** Fills in, and has a real shell run a real curl. */
  const runCommand = async (command: string, values: Record<string, string>) => {
    const filled = Object.entries(values).reduce((text, [name, value]) => text.replaceAll(`<${name}>`, value), command);
    expect(filled).not.toMatch(/<[\w-]+>/);
    const { stdout } = await run('sh', ['-c', `${filled} --silent --show-error --write-out '\n%{http_code}'`]);
    const [status, ...lines] = stdout.split('\n').toReversed();
    return { status: Number(status), body: JSON.parse(lines.toReversed().join('\n')) };
  };

  it('works when it is filled in', async () => {
    const properties = { name: { type: 'string', examples: ["it's $HOME `x` \\"] }, id: { type: 'string' }, q: {} };
    await publish(gateway, 'curled', [
      route('POST', "/it's/{id}", {
        queryParameters: [
          { name: 'q', required: true },
          { name: 'other', required: false },
        ],
        inputSchema: JSON.stringify({
          type: 'object',
          properties,
          required: ['name', 'id', 'q'],
          additionalProperties: false,
        }),
        idempotencyKeyRequired: true,
      }),
      route('GET', '/plain'),
    ]);
    await admin(gateway, 'POST', '/auth', { id: 'curled-key', authenticationType: 'API_KEY', apiKeys: ['sesame'] });
    const service = (await admin(gateway, 'GET', '/services/curled')) as object;
    await admin(gateway, 'PUT', '/services/curled', { ...service, authConfigId: 'curled-key' });
    await waitFor(async () => (await call(gateway, 'GET', '/curled/plain', { key: null })).status === 401, {
      what: 'the key',
    });

    const command = await commandOf('curled', 'POST', "/it's/{id}");
    const answer = await runCommand(command, { id: '7%2F8', q: 'a%20b', API_KEY: 'sesame', 'unique-key': 'u1' });
    expect(answer).toEqual({ status: 200, body: { id: '7/8', q: 'a b', name: "it's $HOME `x` \\" } });
    expect((await runCommand(await commandOf('curled', 'GET', '/plain'), { API_KEY: 'sesame' })).status).toBe(200);
  });

  it('comes as text for who asks for that, and for routes that there are', async () => {
    const path = '/api/gateway/config/services/curled/routes/curl?method=GET&path=/plain';
    const answer = await gateway.admin.fetch(path, { headers: { accept: 'text/plain' } });
    expect(answer.headers.get('content-type')).toMatch('text/plain');
    expect(await answer.text()).toBe(
      `curl --request GET '${gateway.url}/curled/plain' \\\n  --header 'X-API-Key: <API_KEY>'\n`,
    );
    await expect(commandOf('curled', 'GET', '/nowhere')).rejects.toThrow('404');
  });
});

describe('the last executions of a route', () => {
  const list = async (query: Record<string, string>) => {
    const all = new URLSearchParams({ method: 'POST', path: '/run/{id}', ...query });
    // oxlint-disable-next-line typescript/no-explicit-any -- tests say themselves what they expect of it
    return (await admin(gateway, 'GET', `/services/listed/routes/executions?${all.toString()}`)) as any[];
  };

  it('are listed newest first, those that ended fast and those that run, by whom, with a link', async () => {
    await register(gateway, {
      name: 'listed',
      tasks: [
        {
          name: 'which',
          taskReferenceName: 'which',
          type: 'SWITCH',
          evaluatorType: 'value-param',
          expression: 'id',
          inputParameters: { id: '${workflow.input.id}' },
          decisionCases: {
            fail: [
              {
                name: 'end',
                taskReferenceName: 'end',
                type: 'TERMINATE',
                inputParameters: { terminationStatus: 'FAILED', terminationReason: 'told to' },
              },
            ],
            hold: [{ name: 'hold', taskReferenceName: 'hold', type: 'HUMAN' }],
          },
        },
      ],
    });
    await publish(gateway, 'listed', [
      { httpMethod: 'POST', path: '/run/{id}', mappedWorkflow: { name: 'listed', version: 1 } },
      { httpMethod: 'GET', path: '/run/{id}', mappedWorkflow: { name: 'listed', version: 1 } },
    ]);
    const began = Date.now();
    const answers = [];
    for (const [id, prefer] of [
      ['quick', 'wait=10'],
      ['fail', 'wait=10'],
      ['hold', 'respond-async'],
    ] as const)
      answers.push(await call(gateway, 'POST', `/listed/run/${id}`, { key: null, headers: { prefer } }));
    expect(answers.map(({ status }) => status)).toEqual([200, 502, 202]);
    const tried = await tryRoute('listed', { method: 'POST', path: '/run/tried' });
    await waitFor(async () => (await list({})).length === 4, { what: 'four executions' });

    const listed = await list({});
    expect(listed.map(({ status }) => status)).toEqual(['COMPLETED', 'RUNNING', 'FAILED', 'COMPLETED']);
    const [newest, held, failed] = listed;
    expect(newest).toMatchObject({
      workflowId: tried.workflowId,
      requestId: tried.requestId,
      principal: expect.stringMatching(/^admin:/),
      link: `http://ui.example/execution/${tried.workflowId}`,
      durationMs: newest.endTime - newest.startTime,
    });
    expect(newest.startTime).toBeGreaterThanOrEqual(began - 1_000);
    expect(held).toMatchObject({ workflowId: answers[2]?.body.workflowId, principal: 'anonymous' });
    expect(held).not.toHaveProperty('endTime');
    expect(failed).toMatchObject({
      workflowId: answers[1]?.body.workflowId,
      requestId: answers[1]?.headers['x-request-id'],
    });

    expect(await list({ status: 'FAILED' })).toEqual([failed]);
    expect(await list({ limit: '2' })).toEqual([newest, held]);
    expect(await list({ end: String(began - 60_000) })).toEqual([]);
    expect(await list({ method: 'GET' }), 'of another route').toEqual([]);
  });

  it('are refused for what cannot be read, and for a route that is not there', async () => {
    await expect(list({ status: 'DONE' })).rejects.toThrow(/400.*COMPLETED/);
    await expect(list({ start: 'yesterday' })).rejects.toThrow(/400.*start/);
    await expect(list({ path: '/nowhere' })).rejects.toThrow('404');
  });

  it('without an executor say so', async () => {
    await Promise.all(gateway.stack.services.executor.map((each) => each.stop()));
    await expect(list({})).rejects.toThrow(/503.*No executor/);
    await gateway.stack.add('executor');
    expect(await list({}), 'they outlive it').toHaveLength(4);
  });
});
