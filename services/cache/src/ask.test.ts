import { cacheAnswer, cacheAsk } from '@rostrum/shared/messages';
import { describe, expect, it, vi } from 'vitest';
import { createAsks } from './ask.ts';
import { type CacheStore, type Claim, type Lookup, StoreError } from './store.ts';

const metrics = { asked: vi.fn(), filled() {}, redisFailed() {}, redisConnected() {} };

function asks(store: Partial<CacheStore>) {
  const answer = createAsks({ peek: () => undefined, partOf: () => '', ...store } as CacheStore, metrics);
  return async (key: string, holder = 'h') =>
    cacheAnswer.decode(await answer(cacheAsk.complete({ key, holder, lockMs: 1_000 })));
}

const holding = (...keys: string[]) =>
  vi.fn(
    async (): Promise<Lookup> => ({
      values: new Map(keys.map((key) => [key, { body: Buffer.from(key), ttlSeconds: 5 }])),
      now: 1,
    }),
  );
const running = async (): Promise<Claim[]> => [{ verdict: 'run', lockMs: 1 }];

describe('asks of one turn', () => {
  it('are one look-up, in which a key stands once, and no claim when all are there', async () => {
    const lookup = holding('a', 'b');
    const claim = vi.fn(running);
    const ask = asks({ lookup, claim });
    const answers = await Promise.all(['a', 'b', 'a'].map((key) => ask(key)));
    expect(answers.map(({ verdict, body }) => `${verdict} ${Buffer.from(body).toString()}`)).toEqual([
      'hit a',
      'hit b',
      'hit a',
    ]);
    expect(lookup.mock.calls).toEqual([[['a', 'b']]]);
    expect(claim).not.toHaveBeenCalled();
  });

  it('have their hits answered while a claim is still out', async () => {
    const ask = asks({ lookup: holding('there'), claim: () => new Promise(() => {}) });
    void ask('missing');
    expect((await ask('there')).verdict).toBe('hit');
  });
});

describe('what is at hand', () => {
  it('is answered without a look-up', async () => {
    const lookup = holding();
    const ask = asks({ peek: () => ({ body: Buffer.from('near'), ttlSeconds: 3 }), lookup });
    expect(await ask('a')).toMatchObject({ verdict: 'hit', ttlSeconds: 3, body: Buffer.from('near') });
    expect(lookup).not.toHaveBeenCalled();
  });
});

describe('asks for what is on different servers', () => {
  it('are looked up apart, and one server’s fault is not the others’', async () => {
    const lookup = vi.fn(async (keys: readonly string[]) => {
      if (keys.includes('x1')) throw new StoreError('away');
      return holding(...keys)();
    });
    const ask = asks({ partOf: (key) => key.slice(0, 1), lookup });
    const answers = await Promise.all(['x1', 'y1', 'y2'].map((key) => ask(key)));
    expect(answers.map(({ verdict }) => verdict)).toEqual(['run', 'hit', 'hit']);
    expect(lookup.mock.calls).toEqual([[['x1']], [['y1', 'y2']]]);
  });
});

describe('without a store', () => {
  const away = new StoreError('away');

  it('all are told to run, without a lock', async () => {
    const ask = asks({ lookup: () => Promise.reject(away) });
    expect(await ask('a')).toMatchObject({ verdict: 'run', locked: false });
    expect(metrics.asked).toHaveBeenLastCalledWith('run_unlocked');
  });

  it('of one claim among others, that one runs unlocked', async () => {
    const ask = asks({ lookup: holding(), claim: async () => [away, { verdict: 'run', lockMs: 7 }] });
    const [a, b] = await Promise.all([ask('a'), ask('b')]);
    expect(a).toMatchObject({ verdict: 'run', locked: false });
    expect(b).toMatchObject({ verdict: 'run', locked: true, lockMs: 7 });
  });

  it('but with a fault of our own, the ask fails: it is not hidden as an absent store', async () => {
    const ask = asks({ lookup: () => Promise.reject(new TypeError('a bug')) });
    await expect(ask('a')).rejects.toThrow('a bug');
  });
});
