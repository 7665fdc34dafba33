import { describe, expect, it } from 'vitest';
import { Attempts } from './attempts.ts';

function at() {
  const clock = { now: 0 };
  return { clock, attempts: new Attempts(() => clock.now) };
}

describe('attempts with a wrong secret', () => {
  it('make an address wait twice as long each time, a minute at most', () => {
    const { clock, attempts } = at();
    const waits: number[] = [];
    for (let n = 0; n < 14; n++) {
      attempts.failed(`key-${n}`, '192.0.2.1');
      const waitMs = attempts.waitMs(`key-${n + 1}`, '192.0.2.1');
      waits.push(waitMs / 1_000);
      clock.now += waitMs;
    }
    expect(waits).toEqual([0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
    expect(attempts.waitMs('key', '192.0.2.2')).toBe(0);
  });

  it('make a key wait for everybody, eight seconds at most', () => {
    const { clock, attempts } = at();
    for (let n = 0; n < 30; n++) {
      clock.now += attempts.waitMs('key', `192.0.2.${n}`);
      attempts.failed('key', `192.0.2.${n}`);
    }
    expect(attempts.waitMs('key', '203.0.113.1')).toBe(8_000);
    expect(attempts.waitMs('other', '203.0.113.1')).toBe(0);
  });

  it('make nobody wait who was right from there before, unless it is him', () => {
    const { attempts } = at();
    attempts.succeeded('key', '192.0.2.1');
    for (let n = 0; n < 30; n++) {
      attempts.failed('key', '198.51.100.1');
      attempts.failed('other', '192.0.2.1');
    }
    expect(attempts.waitMs('key', '192.0.2.1')).toBe(0);
    for (let n = 0; n < 5; n++) attempts.failed('key', '192.0.2.1');
    expect(attempts.waitMs('key', '192.0.2.1')).toBe(1_000);
  });

  it('are not forgiven for knowing another key', () => {
    const { attempts } = at();
    for (let n = 0; n < 5; n++) {
      attempts.failed('theirs', '192.0.2.1');
      attempts.succeeded('mine', '192.0.2.1');
    }
    expect(attempts.waitMs('theirs', '192.0.2.1')).toBe(1_000);
  });

  it('that were none after all count for nothing', () => {
    const { attempts } = at();
    for (let n = 0; n < 30; n++) {
      attempts.failed('key', '192.0.2.1');
      attempts.takeBack('key', '192.0.2.1');
    }
    expect(attempts.waitMs('key', '192.0.2.1')).toBe(0);
  });

  it('are of a network where addresses are had by the billion, and of one address in whatever spelling', () => {
    const { attempts } = at();
    for (let n = 0; n < 5; n++) attempts.failed(`k${n}`, `2001:db8:0:1::${n}`);
    expect(attempts.waitMs('k', '2001:0db8::1:ffff:0:0:1')).toBe(1_000);
    expect(attempts.waitMs('k', '2001:db8:0:2::1')).toBe(0);
    for (let n = 0; n < 5; n++) attempts.failed(`k${n}`, '192.0.2.9');
    expect(attempts.waitMs('k', '::ffff:192.0.2.9')).toBe(1_000);
    for (let n = 0; n < 5; n++) attempts.failed(`k${n}`, '::1');
    expect(attempts.waitMs('k', '::1')).toBe(1_000);
  });
});
