import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createConductor } from '../src/conductor/client.ts';
import type { Conductor, ConductorError } from '../src/domain/conductor.ts';
import { settingsSchema } from '../src/config.ts';
import { json, type StubAnswer, stubConductor, text } from './stub-conductor.ts';

type Stub = Awaited<ReturnType<typeof stubConductor>>;
let stub: Stub;
let conductor: Conductor;

const connect = (env: Record<string, string> = {}) =>
  createConductor(
    settingsSchema.parse({ CONDUCTOR_SERVER_URL: stub.url, CONDUCTOR_MAX_RESPONSE_BYTES: '4096', ...env }),
    { onCall() {}, onBreaker() {}, onFull() {} },
  );

beforeEach(async () => {
  stub = await stubConductor();
  conductor = connect();
});
afterEach(async () => {
  await conductor.close();
  await stub.close();
});

const turn = (withinMs: number) => ({ lane: 'look' as const, share: 's', withinMs });
const start = (timeoutMs = 2_000) =>
  conductor.start(
    { name: 'w', version: 2, input: '{"a":"${x}"}', correlationId: 'c', traceparent: '' },
    turn(timeoutMs),
  );
const faultOf = (call: Promise<unknown>) =>
  call.then(
    () => 'answered',
    (error: ConductorError) => `${error.fault}${error.notDone ? ', not done' : ''}`,
  );

describe('starting a workflow', () => {
  it('sends the input as it is and takes the id, bare or quoted', async () => {
    stub.on('POST /api/workflow', text('0f-1'));
    expect(await start()).toBe('0f-1');
    expect(JSON.parse(stub.calls[0]?.body ?? '')).toEqual({
      name: 'w',
      version: 2,
      correlationId: 'c',
      input: { a: '${x}' },
    });
    stub.on('POST /api/workflow', json('0f-2'));
    expect(await start()).toBe('0f-2');
  });

  it('names the idempotency key to servers that honour it, and to all others what they ignore', async () => {
    stub.on('POST /api/workflow', text('0f-1'));
    const request = { name: 'w', input: '{}', correlationId: 'second', traceparent: '', idempotencyKey: 'first' };
    await conductor.start(request, turn(2_000));
    expect(JSON.parse(stub.calls[0]?.body ?? '')).toMatchObject({
      ...{ correlationId: 'second', idempotencyKey: 'first', idempotencyStrategy: 'RETURN_EXISTING' },
    });
  });

  const faults: [string, StubAnswer, string][] = [
    ['an unknown workflow', json({ status: 404, message: 'no such workflow' }, 404), 'not-found, not done'],
    ['a refused request', json({ message: 'bad' }, 400), 'rejected, not done'],
    ['a server error', text('oops', 500), 'rejected'],
    ['an HTML page with status 200', text('<html><body>login</body></html>'), 'garbage'],
    ['an empty answer', text(''), 'garbage'],
    ['an answer larger than may be read', text('x'.repeat(10_000)), 'garbage'],
    ['a connection that is cut', (response) => void response.destroy(), 'cut'],
    [
      'a body that is cut',
      (response) => void response.writeHead(200, { 'content-length': '50' }).write('x', () => response.destroy()),
      'cut',
    ],
    ['headers that do not come', () => {}, 'timeout'],
    ['a body that does not end', (response) => void response.writeHead(200).write('x'), 'timeout'],
  ];
  it.each(faults)('meets %s', async (_name, answer, expected) => {
    stub.on('POST /api/workflow', answer);
    expect(await faultOf(start(300))).toBe(expected);
  });

  it('meets a server that is not there', async () => {
    await stub.close();
    expect(await faultOf(start())).toBe('unreachable, not done');
  });
});

describe('looking at a workflow', () => {
  it('refuses statuses it does not know', async () => {
    stub.on('GET /api/workflow/1/status', json({ workflowId: '1', status: 'COMPLETED', output: { a: 1 } }));
    expect(await conductor.status('1', turn(1_000))).toEqual({ status: 'COMPLETED', output: { a: 1 } });
    stub.on('GET /api/workflow/1/status', json({ workflowId: '1', status: 'DANCING' }));
    expect(await faultOf(conductor.status('1', turn(1_000)))).toBe('garbage');
  });
});

describe('terminating a workflow', () => {
  it('says why, and tells a workflow that has ended from other refusals', async () => {
    let reason: string | null = null;
    stub.on('DELETE /api/workflow/1', (response, request) => {
      reason = new URL(request.url ?? '', 'http://x').searchParams.get('reason');
      response.end();
    });
    stub.on('DELETE /api/workflow/2', json({ message: 'Cannot terminate a COMPLETED workflow.' }, 409));
    await conductor.terminate('1', 'no & no', turn(1_000));
    expect(reason).toBe('no & no');
    await expect(conductor.terminate('2', 'x', turn(1_000))).rejects.toMatchObject({ fault: 'rejected', status: 409 });
    await expect(conductor.terminate('3', 'x', turn(1_000))).rejects.toMatchObject({ fault: 'not-found' });
  });
});

describe('tokens', () => {
  const credentials = { CONDUCTOR_AUTH_KEY: 'id', CONDUCTOR_AUTH_SECRET: 'hush' };
  beforeEach(async () => {
    await conductor.close();
    conductor = connect(credentials);
  });

  it('are exchanged once for many calls, and again when the server refuses one', async () => {
    let issued = 0;
    stub.on('POST /api/token', (response, request, body) => {
      issued += 1;
      json({ token: `t${issued}` })(response, request, body);
    });
    stub.on('POST /api/workflow', (response, { headers }) => {
      response.writeHead(headers['x-authorization'] === 't1' && issued > 1 ? 401 : 200).end('id');
    });
    await Promise.all([start(), start(), start()]);
    expect(issued).toBe(1);
    issued = 5;
    await start();
    expect(issued).toBe(6);
    expect(stub.calls.at(-1)?.token).toBe('t6');
  });

  it('are not needed where the server has no such endpoint', async () => {
    stub.on('POST /api/workflow', text('id'));
    expect(await start()).toBe('id');
    expect(stub.calls.map(({ path }) => path)).toEqual(['/api/token', '/api/workflow']);
  });

  it('that cannot be had are a refusal which does not quote the answer', async () => {
    stub.on('POST /api/token', json({ token: '', secret: 'hush' }, 403));
    await expect(start()).rejects.toMatchObject({
      fault: 'rejected',
      notDone: true,
      message: 'POST /token: answered 403',
      excerpt: '',
    });
  });

  it('are asked for again after a 401, also when the server once said that none are needed', async () => {
    stub.on('POST /api/workflow', (response, { headers }) => {
      response.writeHead(headers['x-authorization'] === undefined ? 401 : 200).end('id');
    });
    expect(await faultOf(start())).toBe('rejected, not done');
    stub.on('POST /api/token', json({ token: 't' }));
    expect(await start()).toBe('id');
  });

  it('are not asked for again where a 401 says that another would not help', async () => {
    let issued = 0;
    stub.on('POST /api/token', (response, request, body) => {
      issued += 1;
      json({ token: `t${issued}` })(response, request, body);
    });
    stub.on('POST /api/workflow', json({ error: 'NOT_ALLOWED' }, 401));
    expect(await faultOf(start())).toBe('rejected, not done');
    expect(issued).toBe(1);
    stub.on('POST /api/workflow', json({ error: 'EXPIRED_TOKEN' }, 401));
    expect(await faultOf(start())).toBe('rejected, not done');
    expect(issued).toBe(2);
  });

  it('are renewed ahead of their end, once, while calls go on with the one there is', async () => {
    const token = (n: number, lifeSeconds: number) => {
      const claims = Buffer.from(JSON.stringify({ exp: Date.now() / 1_000 + lifeSeconds })).toString('base64url');
      return `head.${claims}.${n}`;
    };
    const issued: string[] = [];
    let answer = (_value: string) => {};
    stub.on('POST /api/token', (response, request, body) => {
      answer = (value) => {
        issued.push(value);
        json({ token: value })(response, request, body);
      };
      if (issued.length === 0) answer(token(1, 1));
    });
    stub.on('POST /api/workflow', text('id'));
    await start();
    const [first] = issued;
    const calls = () => stub.calls.filter(({ path }) => path === '/api/workflow');
    const asked = () => stub.calls.filter(({ path }) => path === '/api/token').length;
    await vi.waitFor(async () => {
      await start();
      expect(asked()).toBe(2);
    }, 5_000);
    await Promise.all([start(), start()]);
    expect([asked(), calls().at(-1)?.token]).toEqual([2, first]);
    answer(token(2, 3_600));
    await vi.waitFor(async () => {
      await start();
      expect(calls().at(-1)?.token).toBe(issued[1]);
    });
  });

  it('of the caller are used for what is in its name, and the gateway’s own where the server refuses them', async () => {
    stub.on('POST /api/token', json({ token: 'own' }));
    stub.on('POST /api/workflow', (response, { headers }) => {
      response.writeHead(headers['x-authorization'] === 'bad' ? 403 : 200).end('id');
    });
    const request = { name: 'w', input: '{}', correlationId: 'c', traceparent: '' };
    const as = (callerToken: string, fallback: boolean) =>
      conductor.start(request, { ...turn(1_000), as: { callerToken, fallback } });
    const used = () => stub.calls.map(({ token }) => token).filter((token) => token !== undefined);
    expect(await as('good', true)).toBe('id');
    expect(used()).toEqual(['good']);
    expect(await faultOf(as('bad', false))).toBe('rejected, not done');
    expect(await as('bad', true)).toBe('id');
    expect(used()).toEqual(['good', 'bad', 'bad', 'own']);
  });

  it('share the call’s deadline', async () => {
    stub.on('POST /api/token', () => {});
    const began = performance.now();
    expect(await faultOf(start(300))).toBe('unreachable, not done');
    expect(performance.now() - began).toBeLessThan(600);
  });
});
