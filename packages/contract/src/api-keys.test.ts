import { expect, it } from 'vitest';
import { generateApiKey, isMask, stars } from './api-keys.ts';

it('generated keys are different each time, fit in a header and a shell, and are no masks', () => {
  const keys = Array.from({ length: 100 }, generateApiKey);
  expect(new Set(keys).size).toBe(100);
  for (const key of keys) {
    expect(key).toMatch(/^rk_[\w-]{32}$/);
    expect(isMask(key)).toBe(false);
  }
  expect(isMask(`${stars}AbCd`)).toBe(true);
});
