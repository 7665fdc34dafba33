import { expect, test } from 'vitest';
import { chooseChild } from './choose-child.ts';

const longAgo = performance.now() - 1_000;
const child = (owner: string | undefined, idleSince = longAgo) => ({ owner, idleSince });
const justNow = () => performance.now() + 1_000;

test("the owner's own child that is prepared comes first", () => {
  const own = child('a');
  expect(chooseChild([own, child('a', justNow()), child(undefined), child('b')], 'a')).toBe(own);
});

test('of those that are prepared, the one used last', () => {
  const own = child('a');
  expect(chooseChild([child('a'), own, child('a', justNow()), child('b')], 'a')).toBe(own);
});

test("nobody's child comes before the owner's own that still prepares", () => {
  const nobodys = child(undefined);
  expect(chooseChild([child('a', justNow()), child('b'), nobodys], 'a')).toBe(nobodys);
});

test("the owner's own child that still prepares comes before another owner's", () => {
  const own = child('a', justNow());
  expect(chooseChild([child('b'), own], 'a')).toBe(own);
});

test('of other owners, the one that has rested longest changes hands', () => {
  const rested = child('b');
  expect(chooseChild([rested, child('c')], 'a')).toBe(rested);
});
