import { digestApiKey } from '@rostrum/shared/digest';
import { describe, expect, it } from 'vitest';
import { maskOf, resolveKeys } from './api-keys.ts';

const digestKey = { id: 'k1', secret: Buffer.alloc(32, 1) };
const digests = ['one', 'two', 'three'].map((key) => digestApiKey(key, digestKey));

describe('masked keys', () => {
  it('tell the keys apart without showing any of their characters', () => {
    const masks = digests.map(maskOf);
    expect(new Set(masks).size).toBe(3);
    for (const mask of masks) expect(mask).toMatch(/^\*{8}[\w-]{8}$/);
    expect(masks.join()).not.toMatch(/one|two|three/);
  });

  it('written back keep the key they were made of, in any order', () => {
    const given = [maskOf(digests[2] ?? ''), 'new', maskOf(digests[0] ?? '')];
    const { digests: kept, shown, faults } = resolveKeys(given, digests, digestKey);
    expect(faults).toEqual([]);
    expect(kept).toEqual([digests[2], digestApiKey('new', digestKey), digests[0]]);
    expect(shown).toEqual(given);
  });

  it('of another config are refused, each where it stands', () => {
    const { faults } = resolveKeys(['plain', maskOf(digests[1] ?? '')], digests.slice(0, 1), digestKey);
    expect(faults).toEqual([{ pointer: '/apiKeys/1', detail: expect.stringContaining('plain key') }]);
  });
});
