import type { EdgeRoute } from '@rostrum/shared/revision';
import { describe, expect, it } from 'vitest';
import type { Request } from './context.ts';
import { idempotencyKeyOf, requestDigest } from './idempotency.ts';

const keyOf = (header: string | string[] | undefined, route: Partial<EdgeRoute> = {}) =>
  idempotencyKeyOf(
    { headers: { 'idempotency-key': header } } as unknown as Request,
    {
      method: 'POST',
      ...route,
    } as EdgeRoute,
  );
const refusedWith = (code: string) => expect.objectContaining({ code });

describe('an Idempotency-Key', () => {
  it('is a string, with its quotes or without', () => {
    const uuid = '8e03978e-40d5-43e8-bc93-6894a57f9324';
    expect(keyOf(`"${uuid}"`)).toBe(uuid);
    expect(keyOf(` ${uuid} `)).toBe(uuid);
    expect(keyOf('"a\\"\\\\b"')).toBe('a"\\b');
    expect(keyOf('ab+/=c')).toBe('ab+/=c');
    expect(keyOf(`"${'x'.repeat(255)}"`)).toHaveLength(255);
    expect(keyOf(`"${'\\"'.repeat(255)}"`)).toHaveLength(255);
    expect(keyOf(undefined)).toBeUndefined();
  });

  it.each(['', '""', '"a', 'a"', 'a b', '"a b"', 'a, b', '"a", "b"', '"a";x=1', 'ä', '"ä"', '"\\a"', 'a\\b'])(
    'that is %j is not guessed at',
    (header) => {
      expect(() => keyOf(header)).toThrow(refusedWith('malformed-request'));
    },
  );

  it('is neither too long nor sent twice', () => {
    for (const header of ['x'.repeat(256), `"${'x'.repeat(256)}"`, 'x'.repeat(15_000), ['a', 'b']]) {
      expect(() => keyOf(header)).toThrow(refusedWith('malformed-request'));
    }
  });

  it('is asked for where the route requires it, and not read on GET', () => {
    expect(() => keyOf(undefined, { idempotencyKeyRequired: true })).toThrow(refusedWith('idempotency-key-missing'));
    expect(keyOf('a b', { method: 'GET' })).toBeUndefined();
  });
});

describe('a request’s digest', () => {
  const digestOf = (how: { method?: string; url?: string; body?: string }) => {
    const { method = 'POST', url = '/a?x=1&y=2', body = '{}' } = how;
    return requestDigest({ method, url, readBody: async () => Buffer.from(body) } as Request);
  };

  it('is the same for the same method, target and body, and for nothing else', async () => {
    expect(await digestOf({})).toBe(await digestOf({}));
    const others = [{ method: 'PUT' }, { url: '/a?y=2&x=1' }, { url: '/b?x=1&y=2' }, { body: '{ }' }, { body: '' }];
    for (const other of others) expect(await digestOf(other), JSON.stringify(other)).not.toBe(await digestOf({}));
  });
});
