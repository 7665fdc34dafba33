import { type CacheAsk, cacheAnswer, cacheAsk } from '@rostrum/shared/messages';
import { describe, expect, it, vi } from 'vitest';
import { createAsks } from './ask.ts';
import { type CacheStore, type Claim, type Entry, type Lookup, StoreError } from './store.ts';

const metrics = { asked: vi.fn(), filled() {}, redisFailed() {}, redisConnected() {} };

function asks(store: Partial<CacheStore>, random = () => 0.5) {
  const answer = createAsks({ peek: () => undefined, partOf: () => '', ...store } as CacheStore, metrics, random);
  return async (key: string, more: Partial<CacheAsk> = {}) =>
    cacheAnswer.decode(
      await answer(cacheAsk.complete({ key, holder: 'h', lockMs: 1_000, service: 's', route: 'GET /', ...more })),
    );
}

const NOW = 1_000_000;
/** Made 60 s ago, fresh for 40 s more; a minute more while it is made anew, another where it cannot be. */
const entry = (key: string, more: Partial<Entry> = {}): Entry => ({
  ...{ kind: 'answer', coding: 0, body: Buffer.from(key), meta: '', etag: 'W/"e"', runMs: 1_000 },
  ...{ madeAt: NOW - 60_000, freshUntil: NOW + 40_500 },
  ...{ whileRevalidateUntil: NOW + 100_500, ifErrorUntil: NOW + 160_500 },
  ...more,
});
const stale = (ms: number): Partial<Entry> => ({
  freshUntil: NOW - ms,
  whileRevalidateUntil: NOW - ms + 60_000,
  ifErrorUntil: NOW - ms + 120_000,
});
const holding = (...entries: Entry[]) =>
  vi.fn(
    async (): Promise<Lookup> => ({
      entries: new Map(entries.map((each) => [Buffer.from(each.body).toString(), each])),
      now: NOW,
    }),
  );
const claiming = (verdict: 'run' | 'wait', of?: Entry) =>
  vi.fn(async (): Promise<Claim[]> => [{ verdict, lockMs: 1, entry: of, now: NOW }]);
const textOf = ({ body }: { body: Uint8Array }) => Buffer.from(body).toString();

describe('asks of one turn', () => {
  it('are one look-up, in which a key stands once, and no claim when all are there', async () => {
    const lookup = holding(entry('a'), entry('b'));
    const claim = claiming('run');
    const ask = asks({ lookup, claim });
    const answers = await Promise.all(['a', 'b', 'a'].map((key) => ask(key)));
    expect(answers.map((answer) => `${answer.verdict} ${textOf(answer)}`)).toEqual(['hit a', 'hit b', 'hit a']);
    expect(lookup.mock.calls).toEqual([[['a', 'b']]]);
    expect(claim).not.toHaveBeenCalled();
  });

  it('have their hits answered while a claim is still out', async () => {
    const ask = asks({ lookup: holding(entry('there')), claim: () => new Promise(() => {}) });
    void ask('missing');
    expect((await ask('there')).verdict).toBe('hit');
  });
});

describe('what is at hand', () => {
  it('is answered without a look-up, and made anew early as well', async () => {
    const lookup = holding();
    const ask = (of: Entry) =>
      asks({ peek: () => ({ entry: of, now: NOW }), lookup, claim: claiming('run', of) }, () => 0.1)('a');
    expect(await ask(entry('a'))).toMatchObject({ verdict: 'hit', locked: false, ttlSeconds: 40 });
    expect(await ask(entry('a', { freshUntil: NOW + 2_000 }))).toMatchObject({ verdict: 'hit', locked: true });
    expect(lookup).not.toHaveBeenCalled();
  });
});

describe('asks for what is on different servers', () => {
  it('are looked up apart, and one server’s fault is not the others’', async () => {
    const lookup = vi.fn(async (keys: readonly string[]) => {
      if (keys.includes('x1')) throw new StoreError('away');
      return holding(...keys.map((key) => entry(key)))();
    });
    const ask = asks({ partOf: (key) => key.slice(0, 1), lookup });
    const answers = await Promise.all(['x1', 'y1', 'y2'].map((key) => ask(key)));
    expect(answers.map(({ verdict }) => verdict)).toEqual(['run', 'hit', 'hit']);
    expect(lookup.mock.calls).toEqual([[['x1']], [['y1', 'y2']]]);
  });
});

describe('what is stored', () => {
  it('is given with its age, its tag and the whole seconds it is fresh for', async () => {
    expect(await asks({ lookup: holding(entry('a')) })('a')).toMatchObject({
      ...{ verdict: 'hit', locked: false, stale: false, ttlSeconds: 40, ageSeconds: 60, etag: 'W/"e"' },
    });
  });

  it('is made anew early by some, the likelier the closer its end and the longer its run, and given all the same', async () => {
    const near = entry('a', { freshUntil: NOW + 2_000 });
    const claim = claiming('run', near);
    const early = (of: Entry, random: number) => asks({ lookup: holding(of), claim }, () => random)('a');
    expect(await early(near, 0.5)).toMatchObject({ verdict: 'hit', locked: false });
    expect(claim).not.toHaveBeenCalled();
    expect(await early(near, 0.1)).toMatchObject({ verdict: 'hit', locked: true, lockMs: 1, stale: false });
    expect(claim).toHaveBeenCalledWith([expect.objectContaining({ renewUpTo: NOW + 2_000, takesStale: true })], NOW);
    expect((await early({ ...near, runMs: 10 }, 0.1)).locked, 'a short run').toBe(false);
    expect((await early(entry('a', { runMs: 1e9 }), 0.1)).locked, 'long before its end').toBe(false);
  });

  it('is given stale while the route allows it, and made anew by one', async () => {
    const of = entry('a', stale(2_500));
    const ask = (verdict: 'run' | 'wait') => asks({ lookup: holding(of), claim: claiming(verdict, of) })('a');
    expect(await ask('run')).toMatchObject({ verdict: 'hit', locked: true, stale: true, ttlSeconds: 3 });
  });

  it('comes along with a lock or a wait while it may stand in for a run that fails', async () => {
    for (const verdict of ['run', 'wait'] as const) {
      const ask = (of: Entry) => asks({ lookup: holding(of), claim: claiming(verdict, of) })('a');
      expect(await ask(entry('a', stale(90_000)))).toMatchObject({
        verdict,
        stale: true,
        ttlSeconds: 90,
        etag: 'W/"e"',
      });
      const over = await ask(entry('a', stale(130_000)));
      expect([over.verdict, over.stale, textOf(over)]).toEqual([verdict, false, '']);
    }
  });

  it('as a problem is told to be one', async () => {
    expect((await asks({ lookup: holding(entry('a', { kind: 'problem' })) })('a')).failed).toBe(true);
  });

  it('is given to who takes it as stale as it is, and nobody makes it anew for that', async () => {
    const claim = claiming('run');
    const ask = asks({ lookup: holding(entry('a', stale(90_000))), claim });
    expect(await ask('a', { maxStaleSeconds: 91 })).toMatchObject({ verdict: 'hit', stale: true, locked: false });
    expect(claim).not.toHaveBeenCalled();
    expect((await ask('a', { maxStaleSeconds: 89 })).verdict).toBe('run');
  });
});

describe('an ask', () => {
  it('for what is stored alone takes no lock', async () => {
    const claim = claiming('run');
    const ask = asks({ lookup: holding(entry('a'), entry('old', stale(1_000))), claim });
    const verdicts = ['a', 'old', 'missing'].map(async (key) => (await ask(key, { wants: 'stored' })).verdict);
    expect(await Promise.all(verdicts)).toEqual(['hit', 'none', 'none']);
    expect((await ask('old', { wants: 'stored', maxStaleSeconds: 2 })).verdict).toBe('hit');
    expect(claim).not.toHaveBeenCalled();
  });

  it('for a new answer is given no other', async () => {
    const claim = claiming('wait');
    expect(await asks({ lookup: holding(entry('a')), claim })('a', { wants: 'revalidate' })).toMatchObject({
      verdict: 'wait',
    });
    expect(claim).toHaveBeenCalledWith([expect.objectContaining({ takesStale: false, renewUpTo: Infinity })], NOW);
  });

  it('of the release before is given fresh answers alone, in words that it knows', async () => {
    const old = { service: '', route: '' };
    const ask = (of: Entry) => asks({ lookup: holding(of), claim: claiming('wait', of) }, () => 0)('a', old);
    expect(await ask(entry('a'))).toMatchObject({ verdict: 'hit', ttlSeconds: 40, etag: '' });
    expect((await ask(entry('a', stale(1)))).verdict).toBe('wait');
    for (const more of [{ kind: 'problem' }, { meta: '{}' }] as const) {
      expect(await ask(entry('a', more))).toMatchObject({ verdict: 'run', locked: false });
    }
  });
});

describe('without a store', () => {
  const away = new StoreError('away');

  it('all are told to run, without a lock', async () => {
    const ask = asks({ lookup: () => Promise.reject(away) });
    expect(await ask('a')).toMatchObject({ verdict: 'run', locked: false });
    expect(metrics.asked).toHaveBeenLastCalledWith('run_unlocked');
    expect((await ask('a', { wants: 'stored' })).verdict).toBe('none');
  });

  it('of one claim among others, that one runs unlocked', async () => {
    const claim = async (): Promise<(Claim | StoreError)[]> => [
      away,
      { verdict: 'run', lockMs: 7, entry: undefined, now: NOW },
    ];
    const ask = asks({ lookup: holding(), claim });
    const [a, b] = await Promise.all([ask('a'), ask('b')]);
    expect(a).toMatchObject({ verdict: 'run', locked: false });
    expect(b).toMatchObject({ verdict: 'run', locked: true, lockMs: 7 });
  });

  it('any more, what was found may still be given', async () => {
    const ask = asks({ lookup: holding(entry('a', stale(1_000))), claim: async () => [away] });
    expect(await ask('a')).toMatchObject({ verdict: 'hit', stale: true, locked: false });
    expect(await ask('a', { wants: 'revalidate' })).toMatchObject({ verdict: 'run', locked: false });
  });

  it('but with a fault of our own, the ask fails: it is not hidden as an absent store', async () => {
    const ask = asks({ lookup: () => Promise.reject(new TypeError('a bug')) });
    await expect(ask('a')).rejects.toThrow('a bug');
  });
});
