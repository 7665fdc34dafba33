import { digestApiKey, parseDigestKey } from '@rostrum/shared/digest';
import { SchemaCache } from '@rostrum/shared/json-schema';
import { cacheAnswer, type Outcome } from '@rostrum/shared/messages';
import { Problem } from '@rostrum/shared/problems';
import type { EdgeAuth, EdgeRevision, EdgeRoute } from '@rostrum/shared/revision';
import { describe, expect, it } from 'vitest';
import { compileService } from '../routing/service-routes.ts';
import { RoutingTable } from '../routing/table.ts';
import type { AskResult, Cache } from './answer-cached.ts';
import { authenticate } from './authenticate.ts';
import { FailedAttempts } from './failed-attempts.ts';
import type { Request } from './context.ts';
import type { Deps } from './deps.ts';
import type { Execution, ExecutionLook, HeldLock } from './execute.ts';
import { handleRequest } from './handle-request.ts';
import type { RateLimiter } from './limit-rate.ts';
import { encodeInput } from './splice-input.ts';

const digestKey = parseDigestKey(`k:${Buffer.alloc(32).toString('base64')}`);
const attempts = new FailedAttempts({ perAddress: 0, perCredential: 0, windowMs: 1 });
const ok: Outcome = { kind: 'ok', body: Buffer.from('"ran"'), workflowId: 'w' };
const hit = cacheAnswer.complete({
  verdict: 'hit',
  locked: false,
  lockMs: 0,
  ttlSeconds: 7,
  body: Buffer.from('"kept"'),
});
const run = cacheAnswer.complete({ verdict: 'run', locked: true, lockMs: 1_000, ttlSeconds: 0, body: Buffer.alloc(0) });
const wait = cacheAnswer.complete({
  verdict: 'wait',
  locked: false,
  lockMs: 5_000,
  ttlSeconds: 0,
  body: Buffer.alloc(0),
});

/** An ingress whose cache and executor answer as they are told, in turn; the last answer is repeated. */
function ingress(answers: {
  executor?: (Outcome | 'not-taken')[];
  cache?: AskResult[];
  failure?: Problem;
  look?: Outcome;
  route?: Partial<EdgeRoute>;
  auth?: EdgeAuth;
  rates?: RateLimiter;
}) {
  const { executor = [ok], cache: asks = [], failure, look = ok, route = {}, auth = { type: 'NONE' } } = answers;
  const edge: EdgeRevision = {
    format: 1,
    service: 's',
    revision: 1,
    basePath: '/s',
    enabled: true,
    auth,
    cors: { origins: ['https://a.example'], methods: ['*'], headers: ['*'] },
    routes: [
      {
        id: 'POST /',
        method: 'POST',
        path: '/',
        queryParameters: [],
        requestMetadata: false,
        pool: 'default',
        timeoutMs: 5_000,
        ...route,
        ...(asks.length > 0 ? { cache: { key: '${id}', shape: 'x', byPrincipal: false } } : {}),
      },
    ],
  };
  const table = new RoutingTable();
  table.update([['s', compileService(edge)]]);
  const seen = {
    executions: [] as { execution: Execution; lock: HeldLock | undefined }[],
    asks: [] as string[],
    released: [] as HeldLock[],
    looks: [] as ExecutionLook[],
    caughtUp: 0,
  };
  const nth = <T>(list: T[], count: number) => list[Math.min(count, list.length) - 1] as T;
  const unavailable: Outcome = {
    kind: 'problem',
    problem: new Problem('service-unavailable', 'Nobody.', { retryAfter: 1 }),
  };
  const cache: Cache = {
    ask: async ({ holder }) => nth(asks, seen.asks.push(holder)),
    release: (lock) => void seen.released.push(lock),
    waitFor: async () => failure,
  };
  const deps: Deps = {
    table,
    cache,
    refreshes: { start() {}, leave: async () => {} },
    bodyLimits: { expandedBytes: 100_000, members: 1_000 },
    authenticate: (each, of) => authenticate(each, of, { digestKey, attempts, tokens: undefined as never }),
    schemas: new SchemaCache(),
    executor: {
      async execute(execution, lock) {
        const answer = nth(executor, seen.executions.push({ execution, lock }));
        return answer === 'not-taken' ? { outcome: unavailable, notTaken: true } : { outcome: answer, notTaken: false };
      },
      async look(asked) {
        seen.looks.push(asked);
        return look;
      },
    },
    async catchUp() {
      seen.caughtUp += 1;
    },
    onProblem() {},
    rates: answers.rates,
  };
  const body = Promise.resolve(Buffer.from('{"id":1}'));
  const request: Request = {
    requestId: 'r',
    method: 'POST',
    url: '/s',
    headers: { 'content-type': 'application/json' },
    receivedAt: performance.now(),
    readBody: () => body,
    hungUp: () => new AbortController().signal,
  };
  const answer = (headers: Record<string, string> = {}, more: Partial<Request> = {}) =>
    handleRequest({ ...request, ...more, headers: { ...request.headers, ...headers } }, deps);
  return { seen, answer };
}

const bodyOf = (body: Uint8Array | undefined) => JSON.parse(Buffer.from(body ?? []).toString());

describe('a stale route', () => {
  it('is caught up with, and the whole request runs again, once', async () => {
    const { seen, answer } = ingress({ executor: [{ kind: 'stale' }, ok] });
    expect((await answer()).status).toBe(200);
    expect(seen.caughtUp).toBe(1);
    expect(seen.executions.map(({ execution }) => JSON.parse(encodeInput(execution.input).toString()))).toEqual([
      { id: 1 },
      { id: 1 },
    ]);
  });

  it('counts once for a rate limit', async () => {
    let count = 0;
    const rates: RateLimiter = {
      take: () => ({ admitted: (count += 1) === 1, remaining: 0, resetMs: 1_000, giveBack() {} }),
    };
    const route = { rateLimit: { key: '${id}', limit: 1, windowMs: 1_000 } };
    const { answer } = ingress({ executor: [{ kind: 'stale' }, ok], route, rates });
    const { status, headers } = await answer();
    expect([status, headers.ratelimit]).toEqual([200, '"route";r=0;t=1']);
    expect((await answer()).problem).toBe('rate-limit-reached');
  });

  it('a second time is a 503', async () => {
    const { seen, answer } = ingress({ executor: [{ kind: 'stale' }] });
    const { status, headers, body } = await answer();
    expect([status, headers['retry-after'], bodyOf(body).type]).toEqual([
      503,
      '1',
      expect.stringMatching(/service-unavailable$/),
    ]);
    expect(seen.executions).toHaveLength(2);
  });

  it('does not run again under the lock of the first attempt', async () => {
    const { seen, answer } = ingress({ executor: [{ kind: 'stale' }, ok], cache: [run] });
    await answer();
    expect(seen.executions.map(({ lock }) => lock?.holder)).toEqual(['r', 'r.2']);
  });
});

describe('a cached route', () => {
  it('answers a hit without an executor', async () => {
    const { seen, answer } = ingress({ cache: [hit] });
    const { headers, body } = await answer();
    const status = expect.stringMatching(/^rostrum; hit; ttl=7; key="[\w-]{16}"$/);
    expect([headers['cache-status'], bodyOf(body), seen.executions.length]).toEqual([status, 'kept', 0]);
  });

  it('waits for its twin, and takes its answer', async () => {
    const { seen, answer } = ingress({ cache: [wait, wait, hit] });
    expect((await answer()).headers['cache-status']).toMatch(/^rostrum; fwd=miss; collapsed; key="/);
    expect([seen.asks, seen.executions.length]).toEqual([['r', 'r', 'r'], 0]);
  });

  it('takes its twin’s failure under its own request id, and runs nothing', async () => {
    const failure = new Problem('workflow-failed', 'It failed.', { workflowId: 'twin' });
    const { seen, answer } = ingress({ cache: [wait], failure });
    const { status, body } = await answer();
    expect([status, bodyOf(body)]).toEqual([502, expect.objectContaining({ requestId: 'r', workflowId: 'twin' })]);
    expect(seen.executions).toHaveLength(0);
  });

  it('runs without a lock when the cache is away, or silent twice', async () => {
    for (const cache of [['away'], ['silent', 'silent'], [{ ...run, locked: false }]] as AskResult[][]) {
      const { seen, answer } = ingress({ cache });
      expect((await answer()).headers['cache-status']).toMatch(/^rostrum; fwd=bypass/);
      expect(seen.executions.map(({ lock }) => lock)).toEqual([undefined]);
    }
  });

  it('asks again after one silence, in the same name', async () => {
    const { seen, answer } = ingress({ cache: ['silent', run] });
    await answer();
    expect([seen.asks, seen.executions[0]?.lock?.holder]).toEqual([['r', 'r'], 'r']);
  });

  it('frees its lock when nobody took the execution', async () => {
    const { seen, answer } = ingress({ cache: [run], executor: ['not-taken'] });
    expect((await answer()).status).toBe(503);
    expect(seen.released).toEqual([expect.objectContaining({ holder: 'r' })]);
  });
});

describe('a caller’s preference', () => {
  const accepted: Outcome = { kind: 'accepted', workflowId: 'w', tracked: true };
  const patience = (seen: ReturnType<typeof ingress>['seen']) =>
    seen.executions.map(({ execution }) => execution.patience());

  it('goes to the executor, and the answer says which was followed', async () => {
    const { seen, answer } = ingress({ executor: [accepted] });
    const { status, headers } = await answer({ prefer: 'respond-async' });
    expect([status, headers['preference-applied'], headers.location]).toEqual([
      202,
      'respond-async',
      '/s/executions/w',
    ]);
    expect((await answer({ prefer: 'wait=99' })).headers['preference-applied']).toBe('wait=5');
    expect((await answer({ prefer: 'return=minimal' })).headers['preference-applied']).toBeUndefined();
    expect(patience(seen)).toEqual([0, expect.any(Number), undefined]);
  });

  it('to wait is none on an asynchronous route', async () => {
    const { seen, answer } = ingress({ executor: [accepted], route: { asynchronous: true } });
    expect((await answer({ prefer: 'wait=3' })).headers['preference-applied']).toBe('wait=0');
    expect(patience(seen)).toEqual([0]);
  });

  it('is met by a cached answer, and by an execution of its own where a twin takes longer', async () => {
    const cached = ingress({ cache: [hit] });
    const { status, headers } = await cached.answer({ prefer: 'respond-async' });
    expect([status, headers['preference-applied'], cached.seen.executions.length]).toEqual([200, undefined, 0]);

    const behind = ingress({ cache: [wait], executor: [accepted] });
    const left = await behind.answer({ prefer: 'respond-async' });
    expect([left.status, left.headers['cache-status']]).toEqual([202, expect.stringMatching(/preferred-wait-over$/)]);
    expect(
      behind.seen.executions.map(({ lock }) => lock),
      'the twin’s lock is not its own',
    ).toEqual([undefined]);
    const late = await behind.answer({ prefer: 'wait=2' }, { receivedAt: performance.now() - 2_000 });
    expect([late.status, late.headers['preference-applied']]).toEqual([202, 'wait=2']);
  });
});

describe('an Idempotency-Key', () => {
  const replayed: Outcome = { ...ok, replayed: true };

  it('goes to the executor with the request’s digest, past the cache', async () => {
    const { seen, answer } = ingress({ cache: [hit] });
    const { headers } = await answer({ 'idempotency-key': '"k-1"' });
    expect(headers['cache-status']).toBe('rostrum; fwd=bypass; detail=idempotency-key');
    expect(seen.executions[0]?.execution.idempotency).toEqual({
      key: 'k-1',
      digest: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(seen.asks).toEqual([]);
    expect((await answer()).headers['cache-status'], 'without one').toMatch(/hit/);
  });

  it('is missing or malformed before anything runs', async () => {
    const { seen, answer } = ingress({ route: { idempotencyKeyRequired: true } });
    const codes = [await answer(), await answer({ 'idempotency-key': 'a b' })].map(({ body }) => bodyOf(body).type);
    expect(codes).toEqual([
      expect.stringMatching(/#idempotency-key-missing$/),
      expect.stringMatching(/#malformed-request$/),
    ]);
    expect(seen.executions).toHaveLength(0);
  });

  it('whose first answer comes again says so, whatever the answer', async () => {
    const failed: Outcome = { kind: 'problem', problem: new Problem('workflow-failed', 'It failed.'), replayed: true };
    for (const outcome of [replayed, failed]) {
      const { headers } = await ingress({ executor: [outcome] }).answer({ 'idempotency-key': 'k' });
      expect(headers['idempotency-replayed']).toBe('true');
    }
    expect((await ingress({}).answer({ 'idempotency-key': 'k' })).headers['idempotency-replayed']).toBeUndefined();
  });

  it('reused or in flight is told as what it is', async () => {
    const problem = new Problem('idempotency-in-flight', 'It runs.', { retryAfter: 2 });
    const { status, headers } = await ingress({ executor: [{ kind: 'problem', problem }] }).answer();
    expect([status, headers['retry-after']]).toEqual([409, '2']);
  });
});

describe('an execution that was left with its id', () => {
  const auth: EdgeAuth = { type: 'API_KEY', digests: [digestApiKey('secret', digestKey)] };
  const at = (method: string) => ({ method, url: '/s/executions/w' });
  const key = { 'x-api-key': 'secret' };

  it('is looked at, for as long as the caller prefers to wait and the service’s callers may', async () => {
    const { seen, answer } = ingress({ auth });
    expect((await answer(key, at('GET'))).headers['preference-applied']).toBeUndefined();
    expect((await answer({ ...key, prefer: 'wait=3' }, at('GET'))).headers['preference-applied']).toBe('wait=3');
    expect((await answer({ ...key, prefer: 'respond-async, wait=9' }, at('GET'))).headers['preference-applied']).toBe(
      'wait=5',
    );
    expect(seen.looks.map(({ action, waitMs }) => [action, waitMs])).toEqual([
      ['look', 0],
      ['look', 3_000],
      ['look', 5_000],
    ]);
  });

  it('is cancelled with DELETE, and the answer has no body', async () => {
    const { seen, answer } = ingress({ auth });
    expect(await answer(key, at('DELETE'))).toMatchObject({ status: 204, body: undefined });
    expect(seen.looks).toEqual([expect.objectContaining({ action: 'cancel', workflowId: 'w', service: 's' })]);
    expect((await answer({}, at('DELETE'))).status).toBe(401);
  });

  it('takes GET and HEAD alone on a public service, and no other method anywhere', async () => {
    const open = ingress({});
    const refused = await open.answer({}, at('DELETE'));
    expect([refused.status, refused.headers.allow, open.seen.looks]).toEqual([405, 'GET, HEAD, OPTIONS', []]);
    const posted = await ingress({ auth }).answer(key, at('POST'));
    expect([posted.status, posted.headers.allow]).toEqual([405, 'DELETE, GET, HEAD, OPTIONS']);
  });

  it('may be asked for by a browser, as CORS allows', async () => {
    const asking = { origin: 'https://a.example', 'access-control-request-method': 'DELETE' };
    const { status, headers } = await ingress({ auth }).answer(asking, at('OPTIONS'));
    expect([status, headers['access-control-allow-methods']]).toEqual([204, 'DELETE, GET, HEAD']);
  });
});
