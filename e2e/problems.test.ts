import type { Socket } from 'node:net';
import { type Bus, joinBus } from '@rostrum/shared/bus';
import { catalogue, type ProblemCode, problemCodes } from '@rostrum/shared/problems';
import { queues } from '@rostrum/shared/subjects';
import { type Gateway, startGateway, waitFor } from '@rostrum/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrokenConductor, brokenConductor, planted } from './broken-conductor.ts';
import { answerOn, open } from './raw.ts';
import { admin, type Answer, type CallOptions, call, publish, register } from './support.ts';

/** Every code of the catalogue is provoked over HTTP, and each answer has what its caller is promised, and no more. */

/** Provoked where what it takes is there. */
const elsewhere: Partial<Record<ProblemCode, string>> = {
  'too-many-attempts': 'e2e/oidc.test.ts',
  'idempotency-in-flight': 'e2e/idempotency.test.ts',
};

const key = 'planted-api-key-of-a-caller';
let gateway: Gateway;
let broken: BrokenConductor;
let bus: Bus;
/** Its headers never end. */
let slow: Socket;

const route = (path: string, workflow: string, more: object = {}) => ({
  ...{ httpMethod: 'POST', path, mappedWorkflow: { name: workflow }, timeoutInSeconds: 10, ...more },
});
const human = [{ name: 'wait', taskReferenceName: 'wait', type: 'HUMAN' }];
const end = (terminationStatus: string) => [
  {
    ...{ name: 'end', taskReferenceName: 'end', type: 'TERMINATE' },
    inputParameters: { terminationStatus, terminationReason: 'as told' },
  },
];
const echo = { name: 'echo', tasks: [{ name: 'none', taskReferenceName: 'none', type: 'NOOP' }] };
const workflows = [
  { ...echo, outputParameters: { input: '${workflow.input}' } },
  { name: 'waits', tasks: human },
  // Nobody does its work.
  {
    name: 'late',
    tasks: [{ name: 'late', taskReferenceName: 'late', type: 'SIMPLE' }],
    timeoutSeconds: 1,
    timeoutPolicy: 'TIME_OUT_WF',
  },
  { name: 'fails', tasks: end('FAILED') },
];
const atTheEdge = [
  route('/echo', 'echo'),
  route('/query', 'echo', { queryParameters: [{ name: 'who', required: true }] }),
  route('/checked', 'echo', { inputSchema: { type: 'object', required: ['name'] } }),
  route('/rated', 'echo', { rateLimit: { limit: 1, window: 3_600 } }),
  route('/cached', 'echo', { cacheConfig: { key: '${name}', ttlInSecond: 300, callerCacheControl: true } }),
  route('/once', 'waits', { idempotencyKeyRequired: true }),
  route('/limited', 'waits', { rateLimitConfig: { rateLimitKey: 'all', concurrentExecLimit: 1 } }),
];
const behindIt = [
  route('/throws', 'echo', { preRequestScript: 'throw new Error("in its own words")' }),
  route('/hangs', 'echo', { preRequestScript: 'for (;;) {}' }),
  route('/fails', 'fails'),
  route('/late', 'late'),
  route('/unknown', 'no-such-workflow'),
  route('/awaits', 'echo', { waitUntilTasks: 'missing' }),
  route('/output', 'echo', { outputSchema: { type: 'object', required: ['x', 'y'] } }),
  route('/own', 'echo', { outputIsResponse: true, postResponseScript: '({ response: { status: 99 } })' }),
  route('/large', 'echo', { postResponseScript: '"x".repeat(2000000)' }),
  route('/waits', 'waits'),
];

beforeAll(async () => {
  broken = await brokenConductor();
  gateway = await startGateway({
    env: {
      ingress: { HEADERS_TIMEOUT_MS: '2000', ANSWER_GRACE_MS: '200', BODY_LIMIT_BYTES: '100000' },
      executor: { SCRIPT_TIMEOUT_MS: '300' },
    },
  });
  slow = await open(gateway.url, 'GET /slow HTTP/1.1\r\nHost: a\r\n');
  bus = await joinBus({ url: gateway.stack.around.natsUrl, namespace: 'rostrum', service: 'executor', onFault() {} });
  // Executors that cannot be made of real ones: one that never answers, and one whose answers nobody can read.
  bus.serve(bus.subjects.execute('mute'), queues.execute, () => new Promise(() => {}));
  bus.serve(bus.subjects.execute('garbled'), queues.execute, () => Buffer.from('planted-in-an-answer'));
  const env = { EXECUTOR_POOLS: 'broken', CONDUCTOR_SERVER_URL: broken.url, CONDUCTOR_CALL_TIMEOUT_MS: '300' };
  await Promise.all([gateway.stack.add('executor', env), register(gateway, ...workflows)]);
  await admin(gateway, 'POST', '/auth', { id: 'keys', authenticationType: 'API_KEY', apiKeys: [key] });
  const app = await gateway.admin.fetch('/api/applications', {
    method: 'POST',
    json: { id: 'nothing', name: 'nothing' },
  });
  expect(app.status).toBe(200);
  await admin(gateway, 'POST', '/auth', { id: 'barred', authenticationType: 'NONE', applicationId: 'nothing' });
  await publish(gateway, 'edge', atTheEdge);
  await publish(gateway, 'behind', behindIt);
  await publish(gateway, 'keyed', [route('/echo', 'echo')], { authConfigId: 'keys' });
  await publish(gateway, 'barred-app', [route('/echo', 'echo')], { authConfigId: 'barred' });
  for (const pool of ['mute', 'garbled', 'nobody', 'broken'])
    await publish(gateway, pool, [route('/echo', 'echo', { timeoutInSeconds: 1 })], { pool });
});
afterAll(async () => {
  slow?.destroy();
  await bus?.close();
  await gateway?.stop();
  await broken?.close();
});

interface Provoked {
  /** As the problem names it. */
  instance: string;
  answer: Answer;
}

async function send(method: string, path: string, options: CallOptions = {}): Promise<Provoked> {
  const answer = await call(gateway, method, path, { key: null, ...options });
  return { instance: path.split('?', 1)[0] as string, answer };
}
const post = (path: string, body: unknown = {}, headers: Record<string, string> = {}) =>
  send('POST', path, { body, headers });

/** The broken Conductor does this to the next start. */
function toBroken(does: BrokenConductor['does'], headers: Record<string, string> = {}): Promise<Provoked> {
  broken.does = does;
  return post('/broken/echo', { id: 'same' }, headers);
}

async function again(first: () => Promise<Provoked>, second = first): Promise<Provoked> {
  const { answer } = await first();
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
  return second();
}

function until(provoke: () => Promise<Provoked>, status: number): Promise<Provoked> {
  return waitFor(
    async () => {
      const provoked = await provoke();
      return provoked.answer.status === status ? provoked : undefined;
    },
    { timeoutMs: 20_000 },
  );
}

async function unreadable(text: string, instance = '/'): Promise<Provoked> {
  return { instance, answer: await answerOn(await open(gateway.url, text)) };
}

interface Case {
  what: string;
  provoke(): Promise<Provoked>;
  /** What goes with the code; fields not named here are not there. */
  headers?: Record<string, unknown>;
  /** Members beside those of every problem. */
  members?: object;
}

const seconds = expect.stringMatching(/^\d+$/);
const retry = { 'retry-after': seconds };
const errors = { errors: expect.arrayContaining([{ pointer: expect.any(String), detail: expect.any(String) }]) };
const workflow = { workflowId: expect.stringMatching(/^[\w-]{30,}$/) };
const ended = (workflowStatus: string) => ({ ...workflow, workflowStatus, reason: expect.any(String) });

const cases: Partial<Record<ProblemCode, Case>> = {
  'route-not-found': { what: 'a path that nobody has', provoke: () => send('GET', '/nowhere?key=planted-in-a-query') },
  'method-not-allowed': {
    what: 'a method that the path lacks',
    provoke: () => send('PUT', '/edge/echo'),
    headers: { allow: 'POST, OPTIONS' },
  },
  unauthenticated: {
    what: 'a wrong key',
    provoke: () => send('POST', '/keyed/echo', { key: `${key}-not` }),
    headers: { 'www-authenticate': expect.stringMatching(/^Bearer realm="rostrum"/) },
  },
  forbidden: { what: 'a workflow that the application may not run', provoke: () => post('/barred-app/echo') },
  'malformed-request': { what: 'no HTTP', provoke: () => unreadable('what is this\r\n\r\n') },
  'headers-too-large': {
    what: 'headers of 20 KB',
    provoke: () => unreadable(`GET /edge/echo HTTP/1.1\r\nHost: a\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`),
  },
  'malformed-body': { what: 'half an object', provoke: () => post('/edge/echo', '{"a":'), members: errors },
  'missing-parameter': { what: 'a query without one', provoke: () => post('/edge/query'), members: errors },
  'input-schema-violation': { what: 'a missing member', provoke: () => post('/edge/checked'), members: errors },
  'unsupported-media-type': {
    what: 'a coding that nobody knows',
    provoke: () => post('/edge/echo', {}, { 'content-encoding': 'rot13' }),
    headers: { 'accept-encoding': 'gzip, br, zstd' },
  },
  'payload-too-large': { what: 'more than the limit', provoke: () => post('/edge/echo', { a: 'x'.repeat(100_001) }) },
  'rate-limit-reached': {
    what: 'a second request of one',
    provoke: () => again(() => post('/edge/rated')),
    headers: {
      ...retry,
      ratelimit: expect.stringMatching(/^"route";r=0;t=\d+$/),
      'ratelimit-policy': '"route";q=1;w=3600',
    },
  },
  'concurrency-limit-reached': {
    what: 'a second execution of one at once',
    provoke: () =>
      again(
        () => post('/edge/limited', {}, { prefer: 'respond-async' }),
        () => post('/edge/limited'),
      ),
    headers: {
      ...retry,
      ratelimit: expect.stringMatching(/^"concurrency";r=0;t=\d+$/),
      'ratelimit-policy': '"concurrency";q=1;qu="concurrent-requests"',
    },
  },
  'not-cached': {
    what: 'a stored answer alone, before there is one',
    provoke: () => post('/edge/cached', { name: 'a' }, { 'cache-control': 'only-if-cached' }),
    headers: { 'cache-status': expect.stringContaining('rostrum') },
  },
  'idempotency-key-missing': { what: 'no key where there has to be one', provoke: () => post('/edge/once') },
  'idempotency-key-reused': {
    what: 'another request under the key',
    provoke: () =>
      again(
        () => post('/edge/once', { n: 1 }, { 'idempotency-key': 'one', prefer: 'respond-async' }),
        () => post('/edge/once', { n: 2 }, { 'idempotency-key': 'one' }),
      ),
  },
  'execution-not-found': { what: 'an execution that never was', provoke: () => send('GET', '/edge/executions/none') },
  'script-failed': { what: 'a script that throws', provoke: () => post('/behind/throws') },
  'script-timeout': { what: 'a script without an end', provoke: () => post('/behind/hangs') },
  'workflow-failed': {
    what: 'a workflow that fails',
    provoke: () => post('/behind/fails'),
    members: { ...ended('FAILED'), reason: expect.stringContaining('as told') },
  },
  'workflow-timed-out': {
    what: 'one that takes too long by its definition',
    provoke: () => post('/behind/late'),
    members: ended('TIMED_OUT'),
  },
  'workflow-not-found': { what: 'one that nobody has registered', provoke: () => post('/behind/unknown') },
  'awaited-task-failed': {
    what: 'a task that never comes',
    provoke: () => post('/behind/awaits'),
    members: { ...workflow, workflowStatus: 'COMPLETED' },
  },
  'output-schema-violation': {
    what: 'output that lacks a member',
    provoke: () => post('/behind/output'),
    members: { ...workflow, ...errors },
  },
  'response-invalid': { what: 'a response of status 99', provoke: () => post('/behind/own'), members: workflow },
  'response-too-large': { what: 'an answer of 2 MB', provoke: () => post('/behind/large'), members: workflow },
  'service-unavailable': {
    what: 'a pool without executors',
    provoke: () => post('/nobody/echo'),
    headers: retry,
  },
  'deadline-exceeded': { what: 'an executor that never answers', provoke: () => post('/mute/echo') },
  'internal-error': { what: 'an executor whose answer cannot be read', provoke: () => post('/garbled/echo') },
  'conductor-rejected': { what: 'a Conductor that answers 500', provoke: () => toBroken('refuse') },
  overloaded: { what: 'a Conductor that answers 429', provoke: () => toBroken('too-busy'), headers: retry },
  'conductor-timeout': { what: 'a Conductor that says nothing', provoke: () => toBroken('say-nothing') },
  'idempotency-unresolved': {
    what: 'a repeat of what a Conductor was sent when it hung up, and cannot find',
    provoke: async () => {
      const once = { 'idempotency-key': 'lost' };
      expect((await toBroken('hang-up', once)).answer.body.type).toMatch(/#conductor-unavailable$/);
      return until(() => toBroken('refuse', once), 502);
    },
  },
  'conductor-unavailable': { what: 'a Conductor that hangs up', provoke: () => toBroken('hang-up') },
  'conductor-failing': {
    what: 'one that goes on to do so',
    provoke: () => until(() => toBroken('hang-up'), 503),
    headers: retry,
  },
  'expectation-failed': {
    what: 'something else than 100-continue',
    provoke: () => unreadable('GET /edge/echo HTTP/1.1\r\nHost: a\r\nExpect: more\r\n\r\n', '/edge/echo'),
  },
  'request-timeout': {
    what: 'headers without an end',
    provoke: async () => ({ instance: '/', answer: await answerOn(slow) }),
  },
};

/** Fields that tell something of the problem; each is there with those alone that say so above. */
const telling = [
  'retry-after',
  'allow',
  'www-authenticate',
  'accept-encoding',
  'ratelimit',
  'ratelimit-policy',
  'cache-status',
];
const provoked = new Set<string>();

describe.each(Object.entries(cases) as [ProblemCode, Case][])('%s', (code, { what, provoke, headers, members }) => {
  it(`is what ${what} is told, with all its members and fields`, { timeout: 60_000 }, async () => {
    const { instance, answer } = await provoke();
    const { status, title } = catalogue[code];
    expect(answer.body).toEqual({
      ...{ type: `https://rostrum.dev/problems#${code}`, title, status, instance, ...members },
      detail: expect.stringMatching(/^[A-Z].*\.$/),
      requestId: answer.headers['x-request-id'],
    });
    expect([answer.status, answer.headers['x-request-id']]).toEqual([status, expect.stringMatching(/^[\w.-]{8,}$/)]);
    expect(answer.headers).toMatchObject({ 'content-type': 'application/problem+json', 'cache-control': 'no-store' });
    const told = telling.filter((name) => answer.headers[name] !== undefined);
    expect(Object.fromEntries(told.map((name) => [name, answer.headers[name]]))).toEqual(headers ?? {});
    expectNothingInternal(answer);
    provoked.add(code);
  });
});

function expectNothingInternal({ headers, body }: Answer): void {
  const text = JSON.stringify([headers, body]);
  expect(text).not.toMatch(/planted|\bat .*\.[mc]?[jt]s\b|node:|node_modules|\/src\/|\d+\.\d+\.\d+\.\d+|localhost/);
  expect(text).not.toContain(planted);
  const { nats, redis } = gateway.stack.around.passwords;
  for (const secret of [
    ...Object.values(nats ?? {}),
    ...Object.values(redis ?? {}),
    ...Object.values(gateway.stack.around.keys),
  ])
    expect(text).not.toContain(secret);
  expect([headers['server'], headers['x-powered-by'], headers['via']]).toEqual([undefined, undefined, undefined]);
}

it('caller-gone is for the metrics: nobody is there to be told', async () => {
  const ops = gateway.stack.services.ingress[0]?.ready['ops'] as string;
  const gone = async () =>
    /requests_total\{[^}]*service="behind"[^}]*status="499",outcome="caller-gone"\} 1$/m.test(
      await (await fetch(`${ops}/metrics`)).text(),
    );
  const executor = gateway.stack.services.executor[0]?.ready['ops'] as string;
  const waiting = async () => /^rostrum_executor_waits [1-9]/m.test(await (await fetch(`${executor}/metrics`)).text());
  const body = '{}';
  const head = `POST /behind/waits HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
  const socket = await open(gateway.url, `${head}\r\n\r\n${body}`);
  await waitFor(waiting);
  socket.destroy();
  await waitFor(gone);
  provoked.add('caller-gone');
});

it('no code is left out, here or elsewhere', () => {
  const known = [...provoked, ...Object.keys(elsewhere)];
  expect(known.toSorted()).toEqual(problemCodes.toSorted());
});
