import { describe, expect, it } from 'vitest';
import type { KeySet } from './discover.ts';
import { Issuer } from './issuer.ts';
import { Issuers } from './issuers.ts';

const keySet = (text: string, bytes = 10): KeySet => ({ text, bytes, find: undefined as never });

/** An issuer whose looks end when they are told to; times in ms. */
function at(start = 0) {
  const looks: { found(text: string): void; failed(): void }[] = [];
  const clock = { now: start };
  const options = {
    ...{ refreshMs: 1_000, floorMs: 100, staleMs: 10_000, onLooked: () => {}, now: () => clock.now },
    discover: () =>
      new Promise<KeySet>((resolve, reject) => {
        looks.push({ found: (text) => resolve(keySet(text)), failed: () => reject(new Error('away')) });
      }),
  };
  return { clock, looks, options, issuer: new Issuer('https://issuer.example', options) };
}

async function known(text = 'one') {
  const the = at();
  const first = the.issuer.keys();
  the.looks[0]?.found(text);
  return { ...the, keys: await first };
}

describe('an issuer’s keys', () => {
  it('are looked for once, however many wait for them', async () => {
    const { issuer, looks } = at();
    const asked = [issuer.keys(), issuer.keys(), issuer.keys()];
    looks[0]?.found('one');
    expect((await Promise.all(asked)).map(({ text }) => text)).toEqual(['one', 'one', 'one']);
    await issuer.keys();
    expect(looks).toHaveLength(1);
  });

  it('are renewed ahead of their age, and nobody waits for it', async () => {
    const { issuer, looks, clock, keys } = await known();
    clock.now = 1_500;
    expect(await issuer.keys()).toBe(keys);
    expect(looks).toHaveLength(2);
    looks[1]?.found('two');
    await expect.poll(async () => (await issuer.keys()).text).toBe('two');
  });

  it('that nobody used for long are renewed before they are used: one may be revoked', async () => {
    const { issuer, looks, clock } = await known();
    clock.now = 5_000;
    const asked = issuer.keys();
    looks[1]?.found('two');
    expect((await asked).text).toBe('two');
  });

  it('are used while the issuer is away, for a bounded time', async () => {
    const { issuer, looks, clock, keys } = await known();
    clock.now = 5_000;
    const asked = issuer.keys();
    looks[1]?.failed();
    expect(await asked).toBe(keys);
    clock.now = 10_000;
    const late = issuer.keys();
    looks[2]?.failed();
    await expect(late).rejects.toMatchObject({ code: 'service-unavailable', extras: { retryAfter: 1 } });
  });

  it('that never were known are a 503 at once until the next look', async () => {
    const { issuer, looks, clock } = at();
    const first = issuer.keys();
    looks[0]?.failed();
    await expect(first).rejects.toMatchObject({ code: 'service-unavailable' });
    await expect(issuer.keys()).rejects.toMatchObject({ code: 'service-unavailable' });
    expect(looks).toHaveLength(1);
    clock.now = 200;
    const again = issuer.keys();
    looks[1]?.found('one');
    expect((await again).text).toBe('one');
  });

  it('are looked for when another is asked for, not more often than the floor', async () => {
    const { issuer, looks, clock, keys } = await known();
    expect(await issuer.newerThan(keys)).toBeUndefined();
    expect(looks).toHaveLength(1);
    clock.now = 100;
    const asked = [issuer.newerThan(keys), issuer.newerThan(keys)];
    looks[1]?.found('two');
    expect((await Promise.all(asked)).map((each) => each?.text)).toEqual(['two', 'two']);
    clock.now = 200;
    const lost = issuer.newerThan(await issuer.keys());
    looks[2]?.failed();
    await expect(lost, 'whether there is one cannot be known').rejects.toMatchObject({ code: 'service-unavailable' });
  });

  it('that are the same are the same object, so that what they verified stays verified', async () => {
    const { issuer, looks, clock, keys } = await known();
    clock.now = 5_000;
    const asked = issuer.keys();
    looks[1]?.found('one');
    expect(await asked).toBe(keys);
  });
});

it('issuers are bounded in count and in what their keys take', async () => {
  const { options } = at();
  const made = new Issuers({ ...options, discover: async () => keySet('k', 5_000) }, { most: 3, mostBytes: 8_000 });
  const first = made.get('https://one.example');
  await first.keys();
  expect(made.get('https://one.example')).toBe(first);
  await made.get('https://two.example').keys();
  expect(made.get('https://one.example'), 'both together are too large').not.toBe(first);
});
