import { parseDigestKey } from '@rostrum/shared/digest';
import { SchemaCache } from '@rostrum/shared/json-schema';
import type { Outcome } from '@rostrum/shared/messages';
import { Problem } from '@rostrum/shared/problems';
import type { EdgeRevision } from '@rostrum/shared/revision';
import { describe, expect, it } from 'vitest';
import { compileService } from '../routing/service-routes.ts';
import { RoutingTable } from '../routing/table.ts';
import type { AskResult, Cache } from './answer-cached.ts';
import type { Request } from './context.ts';
import type { Deps } from './deps.ts';
import type { Execution, HeldLock } from './execute.ts';
import { handleRequest } from './handle-request.ts';

const ok: Outcome = { kind: 'ok', body: Buffer.from('"ran"'), workflowId: 'w' };
const hit: AskResult = { verdict: 'hit', locked: false, lockMs: 0, ttlSeconds: 7, body: Buffer.from('"kept"') };
const run: AskResult = { verdict: 'run', locked: true, lockMs: 1_000, ttlSeconds: 0, body: Buffer.alloc(0) };
const wait: AskResult = { verdict: 'wait', locked: false, lockMs: 5_000, ttlSeconds: 0, body: Buffer.alloc(0) };

/** An ingress whose cache and executor answer as they are told, in turn; the last answer is repeated. */
function ingress(answers: { executor?: (Outcome | 'not-taken')[]; cache?: AskResult[]; failure?: Problem }) {
  const { executor = [ok], cache: asks = [], failure } = answers;
  const edge: EdgeRevision = {
    format: 1,
    service: 's',
    revision: 1,
    basePath: '/s',
    enabled: true,
    auth: { type: 'NONE' },
    routes: [
      {
        id: 'POST /',
        method: 'POST',
        path: '/',
        queryParameters: [],
        requestMetadata: false,
        pool: 'default',
        timeoutMs: 5_000,
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
    caughtUp: 0,
  };
  const nth = <T>(list: T[], count: number) => list[Math.min(count, list.length) - 1] as T;
  const unavailable: Outcome = {
    kind: 'problem',
    problem: new Problem('service-unavailable', 'Nobody.', { retryAfter: 1 }),
  };
  const cache: Cache = {
    ask: async (_key, holder) => nth(asks, seen.asks.push(holder)),
    release: (lock) => void seen.released.push(lock),
    waitFor: async () => failure,
  };
  const deps: Deps = {
    table,
    cache,
    digestKey: parseDigestKey(`k:${Buffer.alloc(32).toString('base64')}`),
    schemas: new SchemaCache(),
    executor: {
      async execute(execution, lock) {
        const answer = nth(executor, seen.executions.push({ execution, lock }));
        return answer === 'not-taken' ? { outcome: unavailable, notTaken: true } : { outcome: answer, notTaken: false };
      },
      look: async () => ok,
    },
    async catchUp() {
      seen.caughtUp += 1;
    },
    onProblem() {},
  };
  const body = Promise.resolve(Buffer.from('{"id":1}'));
  const request: Request = {
    requestId: 'r',
    method: 'POST',
    url: '/s',
    headers: { 'content-type': 'application/json' },
    receivedAt: performance.now(),
    readBody: () => body,
  };
  return { seen, answer: () => handleRequest(request, deps) };
}

const bodyOf = (body: Uint8Array | undefined) => JSON.parse(Buffer.from(body ?? []).toString());

describe('a stale route', () => {
  it('is caught up with, and the whole request runs again, once', async () => {
    const { seen, answer } = ingress({ executor: [{ kind: 'stale' }, ok] });
    expect((await answer()).status).toBe(200);
    expect(seen.caughtUp).toBe(1);
    expect(seen.executions.map(({ execution }) => ({ ...execution.input }))).toEqual([{ id: 1 }, { id: 1 }]);
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
    expect([headers['cache-status'], bodyOf(body), seen.executions.length]).toEqual(['rostrum; hit; ttl=7', 'kept', 0]);
  });

  it('waits for its twin, and takes its answer', async () => {
    const { seen, answer } = ingress({ cache: [wait, wait, hit] });
    expect((await answer()).headers['cache-status']).toBe('rostrum; fwd=miss; collapsed');
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
