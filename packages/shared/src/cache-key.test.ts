import fc from 'fast-check';
import { expect, it } from 'vitest';
import { boundLabel, cacheKey, cacheKeyDigest, groupOf, groupsOf, keyIn, labelStart } from './cache-key.ts';

it('a key belongs to one of its service’s groups, and is made of its group and its digest', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z0-9][a-z0-9_-]*$/), fc.array(fc.string()), (service, texts) => {
      const key = cacheKey(service, ...texts);
      const group = groupOf(key) as string;
      expect(groupsOf(service)).toContain(group);
      expect(keyIn(group, cacheKeyDigest(key))).toBe(key);
    }),
  );
});

it('a key of the release before has no group', () => {
  expect([groupOf('abc-_'), cacheKeyDigest('abc-_')]).toEqual([undefined, 'abc-_']);
});

it('a label is bounded, and keeps its beginning and its difference from others', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), fc.nat(400), (label, length) => {
      const bound = boundLabel(label);
      expect(Buffer.byteLength(bound)).toBeLessThanOrEqual(256 + 3 + 43);
      expect(boundLabel(bound)).toBe(bound);
      const start = Array.from(label).slice(0, length).join('');
      expect(bound.startsWith(labelStart(start))).toBe(true);
      expect(boundLabel(`${label}x`)).not.toBe(bound);
    }),
  );
});
