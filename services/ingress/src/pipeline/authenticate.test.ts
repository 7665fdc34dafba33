import crypto from 'node:crypto';
import { digestApiKey, parseDigestKey } from '@rostrum/shared/digest';
import { Problem } from '@rostrum/shared/problems';
import type { EdgeAuth } from '@rostrum/shared/revision';
import { describe, expect, it, vi } from 'vitest';
import { authenticate } from './authenticate.ts';
import type { Request } from './context.ts';
import { FailedAttempts } from './failed-attempts.ts';

const digestKey = parseDigestKey(`k:${Buffer.alloc(32, 1).toString('base64')}`);
const limits = { perAddress: 5, perCredential: 3, windowMs: 60_000 };

function request(headers: Request['headers'], address = '192.0.2.1'): Request {
  return {
    ...{ requestId: 'r', method: 'POST', url: '/x', receivedAt: 0, headers, address },
    readBody: async () => Buffer.alloc(0),
    hungUp: () => new AbortController().signal,
  };
}

/** Tokens that start with `good` are verified; how often one was is counted. */
function tokens() {
  const verified = { count: 0 };
  const known = new Set<string>();
  const answer = (name: string) => ({
    issuer: 'https://i.example',
    subject: name.split('.')[1] ?? '',
    claims: { a: 1 },
  });
  return {
    verified,
    nameOf: (token: string) => token,
    recall: async (name: string) => (known.has(name) ? answer(name) : undefined),
    async verify(token: string, name: string) {
      verified.count += 1;
      if (token.startsWith('away')) throw new Problem('service-unavailable', 'Away.', { retryAfter: 1 });
      if (!token.startsWith('good')) throw new Problem('unauthenticated', 'No.', { tokenFault: 'No.' });
      known.add(name);
      return answer(name);
    },
  };
}

function door(auth: EdgeAuth) {
  const authentication = { digestKey, tokens: tokens(), attempts: new FailedAttempts(limits) };
  const as = (headers: Request['headers'], address?: string) =>
    authenticate(request(headers, address), { auth }, authentication);
  return { as, verified: authentication.tokens.verified };
}

const keys = (...plain: string[]): EdgeAuth => ({
  type: 'API_KEY',
  digests: plain.map((key) => digestApiKey(key, digestKey)),
});
const unauthenticated = expect.objectContaining({ code: 'unauthenticated' });
const tooMany = expect.objectContaining({ code: 'too-many-attempts', extras: { retryAfter: 60 } });

describe('an API key', () => {
  it('may be any of the service’s, in either header', async () => {
    const { as } = door(keys('one', 'two'));
    const one = await as({ 'x-api-key': 'one' });
    expect(one).toEqual({ principal: expect.stringMatching(/^key:k:[\w-]{12}$/) });
    expect(await as({ authorization: 'Bearer two' })).not.toEqual(one);
    expect(await as({ authorization: 'bearer one' })).toEqual(one);
  });

  it('that is wrong, unknown, malformed or not there lets nobody in', async () => {
    const wrong: Request['headers'][] = [
      {},
      { 'x-api-key': '' },
      { 'x-api-key': 'three' },
      { 'x-api-key': ['one', 'two'] },
      { 'x-api-key': 'x'.repeat(10_000) },
      { authorization: 'Basic one' },
      { authorization: 'Bearer' },
      { authorization: 'Bearer one, Bearer two' },
    ];
    for (const headers of wrong) {
      const { as } = door(keys('one', 'two'));
      await expect(as(headers), JSON.stringify(headers).slice(0, 80)).rejects.toEqual(unauthenticated);
    }
  });

  it('gets one answer, whether it is unknown or nearly right', async () => {
    const { as } = door(keys('a-long-enough-key'));
    const told = (key: string) =>
      as({ 'x-api-key': key }).catch(({ code, detail, extras }) => ({ code, detail, extras }));
    const answer = await told('a-long-enough-kex');
    for (const key of ['b', 'a-long-enough-ke', 'x'.repeat(600)]) expect(await told(key)).toEqual(answer);
  });

  it('costs one hash, however many keys there are, and is compared with each of them in constant time', async () => {
    const many = Array.from({ length: 20 }, (_, n) => `key-${n}`);
    const hashes = vi.spyOn(crypto, 'hash');
    const compared = vi.spyOn(crypto, 'timingSafeEqual');
    const { syncBuiltinESMExports } = await import('node:module');
    try {
      const { as } = door(keys(...many));
      syncBuiltinESMExports();
      for (const key of ['key-0', 'key-19']) await as({ 'x-api-key': key });
      await as({ 'x-api-key': 'wrong' }).catch(() => {});
      expect({ hashes: hashes.mock.calls.length, compared: compared.mock.calls.length }).toEqual({
        // An HMAC is two.
        hashes: 6,
        compared: 60,
      });
    } finally {
      vi.restoreAllMocks();
      syncBuiltinESMExports();
    }
  });

  it('that is valid lets in from an address that others fail from, until they are ten times too many', async () => {
    const { as } = door(keys('one', 'late'));
    await as({ 'x-api-key': 'one' });
    const tries = async (from: number, to: number) => {
      const codes = new Set<string>();
      for (let n = from; n < to; n++)
        await as({ 'x-api-key': `guess-${n}` }).catch(({ code }: Problem) => codes.add(code));
      return [...codes];
    };
    expect(await tries(0, 5)).toEqual(['unauthenticated']);
    expect(await tries(5, 51)).toEqual(['too-many-attempts']);
    await expect(as({ 'x-api-key': 'late' }), 'a right guess is none').rejects.toEqual(tooMany);
    await as({ 'x-api-key': 'one' });
    await as({ 'x-api-key': 'late' }, '192.0.2.2');
  });

  it('that is not sent at all is no attempt', async () => {
    const { as } = door(keys('one'));
    for (let n = 0; n < 100; n++) await expect(as({})).rejects.toEqual(unauthenticated);
  });
});

describe('a token', () => {
  const expected = { issuer: 'https://i.example', audience: 'a', passthrough: false, tokenInInput: false };
  const oidc = (more = {}): EdgeAuth => ({ type: 'DENY', detail: 'Tokens.', oidc: { ...expected, ...more } });

  it('says who calls by a digest; nothing of it goes further unless the service says so', async () => {
    const bearer = { authorization: 'Bearer good.ann' };
    const plain = await door(oidc()).as(bearer);
    expect(plain).toEqual({ principal: expect.stringMatching(/^oidc:[\w-]{22}$/) });
    expect(await door(oidc({ passthrough: true })).as(bearer)).toEqual({ ...plain, token: 'good.ann' });
    const inputAuth = { subject: 'ann', issuer: 'https://i.example', claims: { a: 1 }, token: 'good.ann' };
    expect(await door(oidc({ tokenInInput: true })).as(bearer)).toEqual({ ...plain, inputAuth });
  });

  it('of the same subject is the same principal, of another another', async () => {
    const { as } = door(oidc());
    const first = await as({ authorization: 'Bearer good.ann' });
    expect(await as({ authorization: 'Bearer good2.ann' })).toEqual(first);
    expect(await as({ authorization: 'Bearer good.bob' })).not.toEqual(first);
  });

  it('is taken as a bearer token alone', async () => {
    const { as } = door(oidc());
    for (const headers of [{}, { 'x-api-key': 'good.ann' }, { authorization: 'good.ann' }])
      await expect(as(headers)).rejects.toEqual(expect.objectContaining({ code: 'unauthenticated', extras: {} }));
  });

  it('that failed too often is not verified again; one that is known always gets in', async () => {
    const { as, verified } = door(oidc());
    await as({ authorization: 'Bearer good.ann' });
    for (let n = 0; n < 4; n++) await as({ authorization: 'Bearer bad' }).catch(() => {});
    const { count } = verified;
    await expect(as({ authorization: 'Bearer bad' })).rejects.toEqual(tooMany);
    expect(verified.count).toBe(count);
    for (let n = 0; n < 60; n++) await as({ authorization: `Bearer bad-${n}` }).catch(() => {});
    await expect(as({ authorization: 'Bearer good.bob' })).rejects.toEqual(tooMany);
    expect(await as({ authorization: 'Bearer good.ann' })).toBeTruthy();
  });

  it('that cannot be checked is no failure of its caller', async () => {
    const { as } = door(oidc());
    for (let n = 0; n < 100; n++)
      await expect(as({ authorization: 'Bearer away' })).rejects.toMatchObject({ code: 'service-unavailable' });
  });
});

describe('a service', () => {
  it('without an auth config, or with one of a kind that is not known, lets nobody in', async () => {
    for (const auth of [{ type: 'DENY', detail: 'none' }, { type: 'MAGIC' }])
      await expect(door(auth as EdgeAuth).as({ 'x-api-key': 'one' })).rejects.toEqual(unauthenticated);
  });

  it('of the kind NONE asks nobody', async () => {
    expect(await door({ type: 'NONE' }).as({})).toEqual({ principal: 'anonymous' });
  });
});
