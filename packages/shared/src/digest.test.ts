import { createHmac, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { digestApiKey, digestOf, isAmongDigests, parseDigestKey } from './digest.ts';

const key = parseDigestKey(`k1:${Buffer.alloc(32, 7).toString('base64')}`);

describe('API key digests', () => {
  it('carry the digest key’s id and recognise their key alone', () => {
    const stored = [digestApiKey('first', key), digestApiKey('second', key)];
    expect(stored[0]).toMatch(/^k1:[\w-]{43}$/);
    expect(isAmongDigests(digestApiKey('second', key), stored)).toBe(true);
    expect(isAmongDigests(digestApiKey('third', key), stored)).toBe(false);
    expect(isAmongDigests(digestApiKey('first', key), [])).toBe(false);
  });

  it('differ under another digest key', () => {
    const other = parseDigestKey(`k1:${Buffer.alloc(32, 8).toString('base64')}`);
    expect(digestApiKey('first', other)).not.toBe(digestApiKey('first', key));
  });

  it('need a key of 32 bytes with an id', () => {
    for (const text of [
      '',
      'k1',
      'k1:',
      `k1:${Buffer.alloc(31).toString('base64')}`,
      Buffer.alloc(32).toString('base64'),
    ]) {
      expect(() => parseDigestKey(text), text).toThrow('<id>:<base64');
    }
  });
});

describe('digestOf', () => {
  it('tells where one text ends and the next begins', () => {
    expect(digestOf('a', 'bc')).not.toBe(digestOf('ab', 'c'));
    expect(digestOf('a', 'bc')).toBe(digestOf('a', 'bc'));
  });
});

it('a digest is the HMAC of the key, of whatever length it and the secret are', () => {
  for (const length of [32, 63, 64, 65, 200])
    for (const text of ['', 'key', 'é', 'x'.repeat(512)]) {
      const secret = randomBytes(length);
      const expected = `k:${createHmac('sha256', secret).update(text).digest('base64url')}`;
      expect([digestApiKey(text, { id: 'k', secret }), digestApiKey(text, { id: 'k', secret })]).toEqual([
        expected,
        expected,
      ]);
    }
});
