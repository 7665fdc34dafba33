import fc from 'fast-check';
import { expect, it } from 'vitest';
import { OwnCount } from './own-count.ts';

it('says when there will be no more than so many, and not later than that', () => {
  const step = fc.record({ count: fc.nat(20), passes: fc.integer({ min: 0, max: 1_500 }) });
  fc.assert(
    fc.property(fc.array(step), fc.nat(40), (steps, most) => {
      const own = new OwnCount(1_000, 0);
      let now = 0;
      for (const { count, passes } of steps) own.add(count, (now += passes));
      const wait = own.until(most, now);
      const then = new OwnCount(1_000, 0);
      let at = 0;
      for (const { count, passes } of steps) then.add(count, (at += passes));
      if (wait > 1) expect(then.count(now + wait - 1)).toBeGreaterThan(most);
      expect(then.count(now + wait + 0.001)).toBeLessThanOrEqual(most + 0.001);
    }),
  );
});

it('forgets after two windows at the latest', () => {
  const own = new OwnCount(1_000, 0);
  own.add(10, 999);
  expect(own.count(1_500)).toBe(5);
  expect(own.count(2_000)).toBe(0);
});
