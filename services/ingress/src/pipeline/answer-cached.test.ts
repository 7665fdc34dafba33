import { digestApiKey, parseDigestKey } from '@rostrum/shared/digest';
import { SchemaCache } from '@rostrum/shared/json-schema';
import { type CacheAsk, cacheAnswer, encodeOutcome, type Outcome } from '@rostrum/shared/messages';
import { Problem } from '@rostrum/shared/problems';
import type { EdgeAuth } from '@rostrum/shared/revision';
import { describe, expect, it } from 'vitest';
import { compileService } from '../routing/service-routes.ts';
import { RoutingTable } from '../routing/table.ts';
import type { AskResult } from './answer-cached.ts';
import { authenticate } from './authenticate.ts';
import type { Deps } from './deps.ts';
import type { HeldLock } from './execute.ts';
import { FailedAttempts } from './failed-attempts.ts';
import { handleRequest } from './handle-request.ts';

const digestKey = parseDigestKey(`k:${Buffer.alloc(32).toString('base64')}`);
const attempts = new FailedAttempts({ perAddress: 0, perCredential: 0, windowMs: 1 });
const ok: Outcome = { kind: 'ok', body: Buffer.from('"ran"'), workflowId: 'w' };
const answered = (verdict: 'hit' | 'run' | 'wait') =>
  cacheAnswer.complete({ verdict, locked: verdict === 'run', lockMs: 5_000, ttlSeconds: 0, body: Buffer.alloc(0) });
const [run, wait] = [answered('run'), answered('wait')];
const hit = { ...answered('hit'), ttlSeconds: 7, body: Buffer.from('"kept"') };

interface Told {
  /** What the cache answers, in turn; the last is repeated. */
  cache: AskResult[];
  outcome?: Outcome;
  /** What is heard of a run that is waited for. */
  failure?: Problem;
  method?: 'GET' | 'POST';
  key?: string;
  /** Whether a caller's `Cache-Control` is heeded. */
  heeds?: boolean;
  auth?: EdgeAuth;
}

/** An ingress with one cached route, whose cache and executor answer as they are told. */
function ingress({ cache, outcome = ok, failure, method = 'POST', key = '${id}', heeds = true, auth }: Told) {
  const table = new RoutingTable();
  const route = {
    ...{ id: `${method} /`, method, path: '/', queryParameters: [], requestMetadata: true },
    ...{ pool: 'default', timeoutMs: 5_000, cache: { key, shape: 'x', byPrincipal: false, callerControl: heeds } },
  };
  const edge = {
    ...{ format: 1 as const, service: 's', revision: 1, basePath: '/s', enabled: true, routes: [route] },
    ...{ auth: auth ?? { type: 'NONE' as const }, cors: { origins: ['https://a.example'], methods: [], headers: [] } },
  };
  table.update([['s', compileService(edge)]]);
  const seen = { asks: [] as CacheAsk[], refreshes: [] as HeldLock[], executions: 0 };
  const deps: Deps = {
    table,
    bodyLimits: { expandedBytes: 100_000, members: 1_000 },
    cache: {
      ask: async (ask) => cache[Math.min(cache.length, seen.asks.push(ask)) - 1] as AskResult,
      release() {},
      waitFor: async () => failure,
    },
    refreshes: { start: (_, lock) => void seen.refreshes.push(lock), leave: async () => {} },
    authenticate: (each, of) => authenticate(each, of, { digestKey, attempts, tokens: undefined as never }),
    schemas: new SchemaCache(),
    executor: {
      async execute() {
        seen.executions += 1;
        return { outcome, notTaken: false };
      },
      look: async () => ok,
    },
    catchUp: async () => {},
    onProblem() {},
  };
  const body = Promise.resolve(Buffer.from('{"id":1}'));
  const answer = (headers: Record<string, string> = {}) =>
    handleRequest(
      {
        ...{ requestId: 'r', method, url: '/s', headers: { 'content-type': 'application/json', ...headers } },
        ...{ receivedAt: performance.now(), readBody: () => body, hungUp: () => new AbortController().signal },
      },
      deps,
    );
  const wants = () => seen.asks.map((ask) => ask.wants);
  return { seen, wants, answer };
}

const bodyOf = (body: Uint8Array | undefined) => JSON.parse(Buffer.from(body ?? []).toString());

it('an ask names what its answer can be purged by, and nothing of the caller', async () => {
  const { seen, answer } = ingress({ cache: [hit], key: 'id-${id}' });
  await answer();
  expect(seen.asks).toEqual([
    expect.objectContaining({
      service: 's',
      route: 'POST /',
      label: 'id-1',
      key: expect.stringMatching(/^s\.[\da-f]\}\./),
    }),
  ]);
});

describe('an answer of the cache', () => {
  const aged = { ...hit, ageSeconds: 13, etag: 'W/"e"' };
  const stale = { ...aged, stale: true, ttlSeconds: 20 };
  const conductorAway: Outcome = { kind: 'problem', problem: new Problem('conductor-unavailable', 'It is away.') };

  it('says how old it is, how long it lives in all, and whose it is', async () => {
    const open = await ingress({ cache: [aged] }).answer();
    expect(open.headers).toMatchObject({ age: '13', 'cache-control': 'max-age=20', etag: 'W/"e"' });
    const auth: EdgeAuth = { type: 'API_KEY', digests: [digestApiKey('secret', digestKey)] };
    const { headers } = await ingress({ cache: [aged], auth }).answer({
      'x-api-key': 'secret',
      origin: 'https://a.example',
    });
    expect(headers).toMatchObject({
      'cache-control': 'private, max-age=20',
      vary: 'Origin, Authorization, X-API-Key',
    });
  });

  it('that is stale says so, and nobody may take it for fresh', async () => {
    const { headers } = await ingress({ cache: [{ ...stale, ageSeconds: 50 }] }).answer();
    expect(headers).toMatchObject({ age: '50', 'cache-control': 'max-age=30' });
    expect(headers['cache-status']).toMatch(/^rostrum; hit; ttl=-20; /);
  });

  it('whose key is made of more than the URL is to be asked for each time', async () => {
    const { answer } = ingress({ cache: [aged], key: '${requestMetadata.path}' });
    expect((await answer()).headers['cache-control']).toBe('private, no-cache');
  });

  it('is not sent again to who has it, of a GET', async () => {
    const { answer } = ingress({ cache: [aged], method: 'GET' });
    for (const known of ['W/"e"', '"e"', '"x", W/"e"', '*']) {
      const { status, headers, body } = await answer({ 'if-none-match': known });
      expect([status, headers.etag, headers.age, body]).toEqual([304, 'W/"e"', '13', undefined]);
    }
    expect((await answer({ 'if-none-match': '"x"' })).status).toBe(200);
    expect((await ingress({ cache: [aged] }).answer({ 'if-none-match': '"e"' })).status).toBe(200);
  });

  it('is made anew in the background where the cache asks for it, once its caller has it', async () => {
    const { seen, answer } = ingress({ cache: [{ ...stale, locked: true, lockMs: 9 }] });
    expect((await answer()).status).toBe(200);
    expect([seen.executions, seen.refreshes]).toEqual([0, [expect.objectContaining({ holder: 'r' })]]);
  });

  it('may be a problem, which each caller gets under its own request id', async () => {
    const problem = new Problem('workflow-failed', 'It failed.', { workflowId: 'w' });
    const failed = { ...hit, failed: true, body: encodeOutcome({ kind: 'problem', problem }) };
    const { status, headers, body } = await ingress({ cache: [failed] }).answer();
    expect([status, headers['cache-control'], headers['cache-status']]).toEqual([
      502,
      'no-store',
      expect.stringMatching(/hit/),
    ]);
    expect(bodyOf(body)).toMatchObject({ requestId: 'r', workflowId: 'w' });
  });

  it('stands in for a run that fails, its own or another’s, and says in what it ended', async () => {
    const own = ingress({
      cache: [{ ...run, ...{ stale: true, ttlSeconds: 20, ageSeconds: 50, body: hit.body } }],
      outcome: conductorAway,
    });
    const other = ingress({
      cache: [{ ...wait, ...{ stale: true, ttlSeconds: 20, ageSeconds: 50, body: hit.body } }],
      failure: new Problem('workflow-failed', ''),
    });
    for (const [{ answer }, inner] of [
      [own, ''],
      [other, 'collapsed; '],
    ] as const) {
      const { status, headers, body } = await answer();
      expect([status, bodyOf(body), headers.age]).toEqual([200, 'kept', '50']);
      expect(headers['cache-status']).toMatch(
        new RegExp(`^rostrum; fwd=stale; fwd-status=502; ttl=-20; ${inner}key="[^"]+"; detail=stale-if-error$`),
      );
    }
  });

  it('does not stand in for what is no trouble of the gateway', async () => {
    const limit: Outcome = { kind: 'problem', problem: new Problem('concurrency-limit-reached', 'Many.') };
    const { answer } = ingress({ cache: [{ ...run, stale: true, body: hit.body }], outcome: limit });
    expect((await answer()).status).toBe(429);
  });

  it('of a run of its own says that it is kept, and not to be kept by others', async () => {
    const { headers } = await ingress({ cache: [run] }).answer();
    expect([headers['cache-status'], headers['cache-control']]).toEqual([
      expect.stringMatching(/^rostrum; fwd=miss; stored; key="/),
      'no-store',
    ]);
  });
});

describe('a caller’s Cache-Control', () => {
  const ask = (value: string, ...cache: AskResult[]) => {
    const { seen, wants, answer } = ingress({ cache });
    return answer({ 'cache-control': value }).then((reply) => ({ ...reply, seen, wants: wants() }));
  };

  it('no-store goes past the cache', async () => {
    const { headers, seen } = await ask('no-store', hit);
    expect([seen.asks, headers['cache-status']]).toEqual([[], 'rostrum; fwd=request; detail=no-store']);
  });

  it('no-cache gets a new answer, its own or that of a run under way, and nothing from before', async () => {
    const own = await ask('no-cache', run);
    expect([own.wants, own.headers['cache-status']]).toEqual([
      ['revalidate'],
      expect.stringMatching(/fwd=request; stored/),
    ]);
    const followed = await ask('No-Cache', wait, hit);
    expect([followed.wants, followed.headers['cache-status']]).toEqual([
      ['revalidate', 'any'],
      expect.stringMatching(/collapsed/),
    ]);
    const old = await ask('no-cache', wait, { ...hit, ageSeconds: 60 }, run);
    expect([old.wants, old.seen.executions]).toEqual([['revalidate', 'any', 'revalidate'], 1]);
  });

  it('only-if-cached gets what is stored, or 504, and runs nothing', async () => {
    expect((await ask('only-if-cached, max-stale', hit)).status).toBe(200);
    for (const answer of [{ ...hit, verdict: 'none' as const }, 'away' as const]) {
      const { status, body, seen, wants } = await ask('only-if-cached', answer);
      expect([status, bodyOf(body).type, seen.executions]).toEqual([504, expect.stringMatching(/#not-cached$/), 0]);
      expect(wants).toEqual(['stored']);
    }
    expect((await ask('only-if-cached, no-cache', hit)).status).toBe(504);
  });

  it('is not heeded where the route does not say so', async () => {
    const { wants, answer } = ingress({ cache: [hit], heeds: false });
    await answer({ 'cache-control': 'no-cache' });
    expect(wants()).toEqual(['any']);
  });
});
