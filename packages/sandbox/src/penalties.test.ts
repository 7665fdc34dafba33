import { expect, test } from 'vitest';
import { Penalties } from './penalties.ts';

test('two strikes within a minute penalise a revision until the minute is over', () => {
  let now = 0;
  const penalties = new Penalties(() => now);
  expect(penalties.strike('a')).toBe(false);
  expect(penalties.has('a')).toBe(false);
  now = 59_999;
  expect(penalties.strike('a')).toBe(true);
  expect([penalties.has('a'), penalties.has('b')]).toEqual([true, false]);
  now = 60_000;
  expect(penalties.has('a')).toBe(false);
});

test('strikes more than a minute apart do not penalise', () => {
  let now = 0;
  const penalties = new Penalties(() => now);
  for (; now < 300_000; now += 60_001) expect(penalties.strike('a')).toBe(false);
});

test('who goes on failing stays penalised and is told so once', () => {
  let now = 0;
  const penalties = new Penalties(() => now);
  const told = Array.from({ length: 6 }, () => {
    now += 20_000;
    return penalties.strike('a');
  });
  expect(told).toEqual([false, true, false, false, false, false]);
  expect(penalties.has('a')).toBe(true);
});
