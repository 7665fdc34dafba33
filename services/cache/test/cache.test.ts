import { namespace, useNats, useRedis, waitFor } from '@rostrum/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, joinClient, startReplica } from './client.ts';

const nats = useNats();
const redisServer = useRedis();
const NAMESPACE = namespace();
const stack = new AsyncDisposableStack();
let client: Client;
let redis: Redis;
let metricsUrl: string;

beforeAll(async () => {
  const env = {
    NATS_URL: nats.url,
    REDIS_URL: redisServer.url,
    NAMESPACE,
    REDIS_TIMEOUT_MS: '5000',
    CACHE_MAX_VALUE_BYTES: '1000',
  };
  const replica = stack.use(await startReplica(env));
  metricsUrl = `${replica.addresses.ops}/metrics`;
  client = stack.use(await joinClient(nats.url, NAMESPACE));
  redis = stack.adopt(new Redis(redisServer.url), (connection) => connection.disconnect());
});
afterAll(() => stack.disposeAsync());

const body = (text: string) => ({ body: Buffer.from(text) });
const noticesOf = (key: string) => client.notices.filter((notice) => notice.key === key);

describe('an ask', () => {
  it('for what nobody has yet is told to run, and holds the lock', async () => {
    expect(await client.ask('new', 'a')).toMatchObject({ verdict: 'run', locked: true, lockMs: 30_000 });
  });

  it('of the same holder again is told to run again, with the life that is left', async () => {
    await client.ask('again', 'a', { lockMs: 20_000 });
    const answer = await client.ask('again', 'a', { lockMs: 90_000 });
    expect(answer).toMatchObject({ verdict: 'run', locked: true });
    expect(answer.lockMs).toBeLessThanOrEqual(20_000);
  });

  it('of another while it runs is told to wait, at most as long as the lock lives', async () => {
    await client.ask('running', 'a', { lockMs: 20_000 });
    const answer = await client.ask('running', 'b');
    expect(answer).toMatchObject({ verdict: 'wait', locked: false });
    expect(answer.lockMs).toBeGreaterThan(10_000);
    expect(answer.lockMs).toBeLessThanOrEqual(20_000);
  });

  it('for what is stored is a hit with the body, byte for byte, and the seconds that are left', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
    await client.ask('bytes', 'a');
    expect(await client.fill('bytes', 'a', { body: bytes, ttlSeconds: 100 })).toBe('taken');
    const answer = await client.ask('bytes', 'b');
    expect(answer).toMatchObject({ verdict: 'hit', locked: false });
    expect([...answer.body]).toEqual([...bytes]);
    expect([99, 100]).toContain(answer.ttlSeconds);
    expect(Buffer.from((await redis.getBuffer(`${NAMESPACE}:c:{bytes}:v`)) ?? []).includes(bytes)).toBe(true);
  });

  it('is told to run when the value has had its time', async () => {
    await client.ask('short', 'a');
    await client.fill('short', 'a', { ...body('x'), ttlSeconds: 1 });
    expect((await client.ask('short', 'b')).verdict).toBe('hit');
    await waitFor(async () => (await client.ask('short', 'c')).verdict === 'run', { timeoutMs: 3_000 });
  });

  it('is one of 200 at once by different holders: exactly one runs', async () => {
    const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => client.ask('herd', `holder-${n}`)));
    const verdicts = answers.map(({ verdict }) => verdict);
    expect(verdicts.filter((verdict) => verdict === 'run')).toHaveLength(1);
    expect(verdicts.filter((verdict) => verdict === 'wait')).toHaveLength(199);
  });

  it('may be for any text as key, and keys do not meet', async () => {
    const keys = ['', '}', '{a}', 'a}:l', 'a}:v', 'a', '["${workflow.input.id}",1]', 'ä\u0000\n'];
    for (const [n, key] of keys.entries()) {
      expect(await client.ask(key, `any-${n}`)).toMatchObject({ verdict: 'run', locked: true });
      expect(await client.fill(key, `any-${n}`, body(String(n)))).toBe('taken');
    }
    const answers = await Promise.all(keys.map((key) => client.ask(key, 'reader')));
    expect(answers.map(({ text }) => text)).toEqual(keys.map((_, n) => String(n)));
  });

  it('works after SCRIPT FLUSH, alone and among others', async () => {
    await redis.script('FLUSH');
    const answers = await Promise.all([1, 2, 3].map((n) => client.ask(`flushed-${n}`, 'a')));
    expect(answers.every(({ verdict, locked }) => verdict === 'run' && locked)).toBe(true);
    await redis.script('FLUSH');
    expect(await client.fill('flushed-1', 'a', body('x'))).toBe('taken');
    expect((await client.ask('flushed-1', 'b')).text).toBe('x');
  });

  it('for a value that a newer release wrote in another format runs, and what it gives takes its place', async () => {
    await redis.set(`${NAMESPACE}:c:{format}:v`, Buffer.from([9, 1, 2, 3]));
    expect(await client.ask('format', 'a')).toMatchObject({ verdict: 'run', locked: true });
    expect(await client.fill('format', 'a', body('x'))).toBe('taken');
    expect((await client.ask('format', 'b')).text).toBe('x');
  });
});

describe('a lock', () => {
  it('that is over goes to the next who asks; the fill that comes too late is stale and stores nothing', async () => {
    await client.ask('late', 'a', { lockMs: 50 });
    await waitFor(async () => (await client.ask('late', 'b')).verdict === 'run');
    expect(await client.fill('late', 'a', body('of a'))).toBe('stale');
    expect((await client.ask('late', 'c')).verdict).toBe('wait');
    expect(await client.fill('late', 'b', body('of b'))).toBe('taken');
    expect(await client.ask('late', 'd')).toMatchObject({ verdict: 'hit', text: 'of b' });
  });

  it('that is over without another asking takes no fill either', async () => {
    await client.ask('over', 'a', { lockMs: 1 });
    await waitFor(async () => (await redis.exists(`${NAMESPACE}:c:{over}:l`)) === 0);
    expect(await client.fill('over', 'a', body('x'))).toBe('stale');
    expect((await client.ask('over', 'b')).verdict).toBe('run');
  });
});

describe('a fill', () => {
  it('of a stranger stores nothing and leaves the lock', async () => {
    await client.ask('mine', 'a');
    for (const result of ['stored', 'failed', 'released'] as const) {
      expect(await client.fill('mine', 'stranger', { result, ...body('x') })).toBe('stale');
    }
    expect((await client.ask('mine', 'b')).verdict).toBe('wait');
    expect((await client.ask('mine', 'a')).verdict).toBe('run');
  });

  it('is announced to those who wait: ask again', async () => {
    await client.ask('told', 'a');
    await client.ask('told', 'b');
    await client.fill('told', 'a', body('x'));
    await waitFor(() => noticesOf('told').length > 0);
    expect(noticesOf('told')).toEqual([expect.objectContaining({ key: 'told', result: 'ask' })]);
  });

  it('nobody waits for is not announced', async () => {
    await client.ask('silent', 'a');
    await client.ask('silent', 'a');
    await client.fill('silent', 'a', body('x'));
    await client.ask('loud', 'a');
    await client.ask('loud', 'b');
    await client.fill('loud', 'a', body('x'));
    // Announcements keep their order: the second has come, so the first would have.
    await waitFor(() => noticesOf('loud').length > 0);
    expect(noticesOf('silent')).toEqual([]);
  });

  it('repeated is taken again; it does not overwrite, nor take a lock from anyone', async () => {
    await client.ask('twice', 'a');
    expect(await client.fill('twice', 'a', body('x'))).toBe('taken');
    expect(await client.fill('twice', 'a', body('y'))).toBe('taken');
    expect(await client.ask('twice', 'b')).toMatchObject({ verdict: 'hit', text: 'x' });
    expect(await client.fill('twice', 'other', body('z'))).toBe('stale');
  });

  it('that failed gives those who wait the problem, and the next who asks runs', async () => {
    await client.ask('failed', 'a');
    await client.ask('failed', 'b');
    const problem = Buffer.from([0, 1, 255]);
    expect(await client.fill('failed', 'a', { result: 'failed', problem })).toBe('taken');
    await waitFor(() => noticesOf('failed').length > 0);
    expect(noticesOf('failed')[0]).toMatchObject({ result: 'failed', problem });
    expect((await client.ask('failed', 'b')).verdict).toBe('run');
    expect(await client.fill('failed', 'a', { result: 'failed', problem })).toBe('stale');
  });

  it('that was released tells those who wait to ask again, without a problem', async () => {
    await client.ask('released', 'a');
    await client.ask('released', 'b');
    await client.fill('released', 'a', { result: 'released', problem: Buffer.from('not to be told') });
    await waitFor(() => noticesOf('released').length > 0);
    expect(noticesOf('released')[0]).toMatchObject({ result: 'ask', problem: Buffer.alloc(0) });
    expect((await client.ask('released', 'b')).verdict).toBe('run');
  });

  it('too large, or of no duration, is not stored but frees the lock', async () => {
    for (const more of [body('x'.repeat(1_001)), { ...body('x'), ttlSeconds: 0 }]) {
      await client.ask('large', 'a');
      expect(await client.fill('large', 'a', more)).toBe('taken');
      expect(await client.ask('large', 'b')).toMatchObject({ verdict: 'run', locked: true });
      await client.fill('large', 'b', { result: 'released' });
    }
    await client.ask('large', 'c');
    await client.fill('large', 'c', body('x'.repeat(1_000)));
    expect((await client.ask('large', 'd')).text).toHaveLength(1_000);
  });

  it('that Redis has no room for frees the lock', async () => {
    await client.ask('room', 'a');
    await client.ask('room', 'b');
    await redis.config('SET', 'maxmemory', '1');
    try {
      expect(await client.fill('room', 'a', body('x'))).toBe('taken');
      expect(await client.ask('room', 'b')).toMatchObject({ verdict: 'run', locked: false });
    } finally {
      await redis.config('SET', 'maxmemory', '0');
    }
    await waitFor(() => noticesOf('room').length > 0);
    expect(await client.ask('room', 'b')).toMatchObject({ verdict: 'run', locked: true });
  });
});

it('counts asks by verdict and fills by result', async () => {
  const text = await (await fetch(metricsUrl)).text();
  for (const verdict of ['hit', 'wait', 'run', 'run_unlocked']) {
    expect(text).toMatch(new RegExp(`rostrum_cache_asks_total\\{verdict="${verdict}"\\} [1-9]`));
  }
  for (const result of ['stored', 'not_stored', 'failed', 'released', 'stale']) {
    expect(text).toMatch(new RegExp(`rostrum_cache_fills_total\\{result="${result}"\\} [1-9]`));
  }
  expect(text).toContain('rostrum_cache_redis_connected 1');
});
