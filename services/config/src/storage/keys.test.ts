import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeId, encodeId, keyOf, parseKey } from './keys.ts';

describe('keys of the buckets', () => {
  it('hold any id in one token that NATS takes, and give it back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (id) => {
        expect(encodeId(id)).toMatch(/^[-=\w]+$/);
        expect(decodeId(encodeId(id))).toBe(id);
        expect(parseKey(keyOf({ kind: 'auth', id }))).toEqual({ kind: 'auth', id });
      }),
    );
  });

  it('that a later version wrote are nobody’s', () => {
    expect(parseKey('admin')).toEqual({ kind: 'admin', id: '' });
    for (const key of ['later.x', 'auth', 'service.a.b', 'admin.x']) expect(parseKey(key)).toBeUndefined();
  });
});
