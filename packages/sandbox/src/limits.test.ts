import { expect, test } from 'vitest';
import { toLimits } from './limits.ts';

test('an option out of its range is refused by name', () => {
  expect(() => toLimits({ memoryLimitMb: 4 }, true)).toThrow('memoryLimitMb is 4; use a whole number from 8 to 4096');
  expect(() => toLimits({ size: 1.5 }, true)).toThrow('size is 1.5');
  expect(() => toLimits({ queueLimit: Number.NaN }, true)).toThrow('queueLimit is NaN');
});

test('a child watches its own memory only where the parent cannot', () => {
  expect(toLimits({}, true).child.selfWatchBytes).toBe(0);
  expect(toLimits({ memoryLimitMb: 32 }, false).child.selfWatchBytes).toBe(128 * 2 ** 20);
});
