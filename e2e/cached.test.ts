import { type Gateway, startGateway, waitFor } from '@rostrum/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, publish, register } from './support.ts';

/** What a caller sees of the cache, through all four services. */
let gateway: Gateway;

const inline = {
  ...{ name: 'check', taskReferenceName: 'check', type: 'INLINE' },
  inputParameters: {
    evaluatorType: 'javascript',
    fail: '${workflow.input.fail}',
    expression: '(() => { if ($.fail === "yes") throw new Error("told to"); return {}; })()',
  },
};
const route = (path: string, cacheConfig: object) => ({
  httpMethod: 'GET',
  path,
  mappedWorkflow: { name: 'numbered', version: 1 },
  cacheConfig: { key: '${workflow.input.id}', ttlInSecond: 300, ...cacheConfig },
});

beforeAll(async () => {
  gateway = await startGateway({ ingress: 2, env: { config: { CACHE_MIN_TTL_SECONDS: '1' } } });
  const outputParameters = { run: '${workflow.workflowId}' };
  await register(gateway, { name: 'numbered', tasks: [inline], inputParameters: ['fail'], outputParameters });
  await publish(gateway, 'cached', [
    route('/plain', { callerCacheControl: true }),
    route('/revalidate', { ttlInSecond: 1, staleWhileRevalidate: 600 }),
    route('/error', { ttlInSecond: 1, staleIfError: 600 }),
    route('/problem', { problems: { 'workflow-failed': 300 } }),
  ]);
});
afterAll(() => gateway?.stop());

const get = (path: string, headers: Record<string, string> = {}, url = 0) =>
  call(gateway, 'GET', `/cached${path}`, { key: null, headers, url: gateway.urls.ingress[url] as string });
const statusOf = async (path: string) => (await get(path)).headers['cache-status'];
const whenStored = (path: string) => waitFor(async () => (await statusOf(path))?.includes('; hit;'));
const whenStale = (path: string) =>
  waitFor(async () => /ttl=-|fwd=stale/.test((await statusOf(path)) ?? ''), { timeoutMs: 5_000 });

describe('an answer', () => {
  it('is stored, and every ingress gives it with its age and its tag, or tells that nothing has changed', async () => {
    const made = await get('/plain?id=1');
    expect(made.headers).toMatchObject({ 'cache-control': 'no-store' });
    await whenStored('/plain?id=1');
    const kept = await get('/plain?id=1', {}, 1);
    expect(kept.body).toEqual(made.body);
    expect(kept.headers).toMatchObject({
      'cache-status': expect.stringMatching(/^rostrum; hit; ttl=\d+; key="[\w-]{16}"$/),
      age: expect.stringMatching(/^\d+$/),
      'cache-control': expect.stringMatching(/^max-age=(299|300)$/),
    });
    const same = await get('/plain?id=1', { 'if-none-match': kept.headers.etag as string });
    expect([same.status, same.body, same.headers.etag]).toEqual([304, '', kept.headers.etag]);
  });

  it('is that of one run for all who ask at once, whichever ingress they ask', async () => {
    const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => get('/plain?id=herd', {}, n % 2)));
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.run}`)).size).toBe(1);
    const ran = answers.filter(({ headers }) => headers['cache-status']?.startsWith('rostrum; fwd=miss; stored;'));
    expect(ran).toHaveLength(1);
  });

  it('is made anew, or given alone, as its caller says', async () => {
    expect((await get('/plain?id=2', { 'cache-control': 'only-if-cached' })).status).toBe(504);
    const first = await get('/plain?id=2');
    await whenStored('/plain?id=2');
    const second = await get('/plain?id=2', { 'cache-control': 'no-cache' });
    expect(second.headers['cache-status']).toMatch(/^rostrum; fwd=request; stored; key=/);
    expect(second.body).not.toEqual(first.body);
    await waitFor(
      async () => (await get('/plain?id=2', { 'cache-control': 'only-if-cached' })).body.run === second.body.run,
    );
  });

  it('is given stale while one run makes it anew', async () => {
    let last: unknown;
    const stale = await waitFor(async () => {
      const answer = await get('/revalidate?id=1');
      if (answer.headers['cache-status']?.includes('ttl=-')) return answer;
      last = answer.body;
      return undefined;
    });
    expect([stale.status, stale.body]).toEqual([200, last]);
    await waitFor(async () => (await get('/revalidate?id=1')).body.run !== stale.body.run);
  });

  it('stands in for a run that fails', async () => {
    const first = await get('/error?id=1');
    await whenStored('/error?id=1');
    await whenStale('/error?id=1&fail=yes');
    const answer = await get('/error?id=1&fail=yes');
    expect([answer.status, answer.body]).toEqual([200, first.body]);
    expect(answer.headers['cache-status']).toMatch(
      /^rostrum; fwd=stale; fwd-status=502; ttl=-\d+; .*detail=stale-if-error$/,
    );
  });
});

it('a problem that the route keeps is given to all, under their own request ids', async () => {
  const first = await get('/problem?id=1&fail=yes');
  expect([first.status, first.body.workflowId]).toEqual([502, expect.any(String)]);
  await whenStored('/problem?id=1&fail=yes');
  const second = await get('/problem?id=1');
  expect([second.status, second.body.workflowId]).toEqual([502, first.body.workflowId]);
  expect(second.body.requestId).toBe(second.headers['x-request-id']);
  expect(second.body.requestId).not.toBe(first.body.requestId);
});
