import { describe, expect, it } from 'vitest';
import { FailedAttempts } from './failed-attempts.ts';

function at() {
  const clock = { now: 1_000 };
  const limits = { perAddress: 5, perCredential: 3, windowMs: 60_000 };
  return { clock, attempts: new FailedAttempts(limits, () => clock.now) };
}

const here = '192.0.2.1';

describe('requests that were not authenticated', () => {
  it('are no news beyond the limit of an address, until the window ends', () => {
    const { clock, attempts } = at();
    const waits = Array.from({ length: 7 }, (_, n) => attempts.failed(here, `guess-${n}`));
    expect(waits).toEqual([0, 0, 0, 0, 0, 60_000, 60_000]);
    expect(attempts.failed('192.0.2.2', 'guess'), 'another address').toBe(0);
    clock.now += 60_000;
    expect(attempts.failed(here, 'guess')).toBe(0);
  });

  it('shut nobody out who has a valid credential, up to ten times the limit', () => {
    const { attempts } = at();
    for (let n = 0; n < 50; n++) attempts.failed(here, `guess-${n}`);
    expect(attempts.closedMs(here, 'never seen')).toBe(0);
    attempts.failed(here, 'one more');
    expect(attempts.closedMs(here, 'never seen')).toBe(60_000);
    expect(attempts.closedMs('192.0.2.2', 'never seen')).toBe(0);
  });

  it('never shut out a credential that was right from there within a day', () => {
    const { clock, attempts } = at();
    attempts.succeeded(here, 'right');
    for (let n = 0; n < 100; n++) attempts.failed(here, `guess-${n}`);
    expect(attempts.closedMs(here, 'right')).toBe(0);
    expect(attempts.closedMs('192.0.2.2', 'right'), 'from elsewhere it is one of many').toBe(0);
    clock.now += 86_400_001;
    for (let n = 0; n < 100; n++) attempts.failed(here, `guess-${n}`);
    expect(attempts.closedMs(here, 'right')).toBeGreaterThan(0);
  });

  it('with the same credential count against it from wherever, and then not against the address', () => {
    const { attempts } = at();
    for (let n = 0; n < 1_000; n++) attempts.failed(here, 'revoked');
    expect(attempts.spentMs('revoked')).toBe(60_000);
    expect(attempts.failed('198.51.100.1', 'revoked')).toBe(60_000);
    expect(attempts.closedMs(here, 'other')).toBe(0);
    expect(attempts.failed(here, 'other')).toBe(0);
  });

  it('are counted for the whole network of an IPv6 address, and for an IPv4 address however it is written', () => {
    const { attempts } = at();
    for (let n = 0; n < 5; n++) attempts.failed(`2001:db8:0:1::${n}`, `six-${n}`);
    expect(attempts.failed('2001:db8:0:1:ffff::1', 'six')).toBe(60_000);
    expect(attempts.failed('2001:db8:0:2::1', 'six-other')).toBe(0);
    for (let n = 0; n < 5; n++) attempts.failed('::ffff:192.0.2.9', `four-${n}`);
    expect(attempts.failed('192.0.2.9', 'four')).toBe(60_000);
  });

  it('of any number of addresses take a bounded memory', () => {
    const { attempts } = at();
    for (let n = 0; n < 30_000; n++) attempts.failed(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, `guess-${n}`);
    for (let n = 0; n < 6; n++) attempts.failed(here, `guess-${n}`);
    expect(attempts.failed(here, 'guess')).toBeGreaterThan(0);
  });

  it('have no limit where it is 0', () => {
    const attempts = new FailedAttempts({ perAddress: 0, perCredential: 0, windowMs: 60_000 });
    for (let n = 0; n < 1_000; n++) expect(attempts.failed(here, 'guess')).toBe(0);
    expect(attempts.closedMs(here, 'guess')).toBe(0);
  });
});
