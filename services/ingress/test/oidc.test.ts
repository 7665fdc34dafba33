import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startIssuer, type TestIssuer, waitFor } from '@rostrum/testkit';
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, importJWK, SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { discoverKeys } from '../src/oidc/discover.ts';
import { Issuers } from '../src/oidc/issuers.ts';
import { TokenVerifier } from '../src/oidc/verify-token.ts';

/** Tokens of a real issuer, and forged ones. */
let issuer: TestIssuer;
beforeAll(async () => {
  issuer = await startIssuer();
});
afterAll(() => issuer.stop());
afterEach(() => issuer.answerWith());

const audience = 'https://orders.example';
const clock = { ms: 0 };
let verifier: TokenVerifier;
let expected: { issuer: string; audience: string };
const failures: unknown[] = [];
beforeEach(() => {
  clock.ms = 0;
  failures.length = 0;
  const issuers = new Issuers({
    discover: (uri) => discoverKeys(uri, 1_000),
    ...{ refreshMs: 600_000, floorMs: 10_000, staleMs: 86_400_000, now: () => clock.ms },
    onLooked: (_uri, error) => void (error && failures.push(error)),
  });
  verifier = new TokenVerifier(issuers);
  expected = { issuer: issuer.uri, audience };
});

const verify = (token: string, what = expected) => verifier.verify(token, verifier.nameOf(token, what), what);
const recall = (token: string, what = expected) => verifier.recall(verifier.nameOf(token, what), what);
const seconds = () => Math.floor(Date.now() / 1_000);
const good = () => ({ iss: issuer.uri, aud: audience, sub: 'ann', exp: seconds() + 60 });
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

const invalid = { code: 'unauthenticated', extras: { tokenFault: 'The token is not valid here.' } };
const forOthers = { code: 'unauthenticated', extras: { tokenFault: 'The token is not for this service.' } };
const expired = { code: 'unauthenticated', extras: { tokenFault: 'The token has expired.' } };
const unavailable = { code: 'service-unavailable', extras: { retryAfter: expect.any(Number) } };

describe('a token', () => {
  it('of the issuer for the audience says who calls', async () => {
    const token = await issuer.token(audience, 'bob');
    expect(await verify(token)).toMatchObject({ subject: 'bob', issuer: issuer.uri, claims: { client_id: 'bob' } });
    expect(await verify(await issuer.sign({ ...good(), aud: ['https://other.example', audience] }))).toBeTruthy();
  });

  it('for another service is refused, whoever it is for', async () => {
    await expect(verify(await issuer.token('https://invoices.example'))).rejects.toMatchObject(forOthers);
    for (const aud of ['https://other.example', ['https://other.example'], [], `${audience}/`, audience.toUpperCase()])
      await expect(verify(await issuer.sign({ ...good(), aud }))).rejects.toMatchObject(forOthers);
    const { aud: _, ...without } = good();
    await expect(verify(await issuer.sign(without))).rejects.toMatchObject(forOthers);
  });

  it('that was verified for one service is not known at another', async () => {
    const token = await issuer.token(audience);
    await verify(token);
    expect(await recall(token)).toMatchObject({ subject: 'ann' });
    const other = { issuer: issuer.uri, audience: 'https://invoices.example' };
    expect(await recall(token, other)).toBeUndefined();
    await expect(verify(token, other)).rejects.toMatchObject(forOthers);
  });

  it('is good within 30 s of skew, and not a second more', async () => {
    expect(await verify(await issuer.sign({ ...good(), exp: seconds() - 25 }))).toBeTruthy();
    await expect(verify(await issuer.sign({ ...good(), exp: seconds() - 31 }))).rejects.toMatchObject(expired);
    expect(await verify(await issuer.sign({ ...good(), nbf: seconds() + 25 }))).toBeTruthy();
    await expect(verify(await issuer.sign({ ...good(), nbf: seconds() + 35 }))).rejects.toMatchObject(invalid);
  });

  it('that was verified is forgotten when it expires', async () => {
    let ms = Date.now();
    const issuers = new Issuers({
      ...{ refreshMs: 1e9, floorMs: 1, staleMs: 1e9, onLooked() {}, discover: (uri) => discoverKeys(uri, 1_000) },
    });
    const own = new TokenVerifier(issuers, () => ms);
    const token = await issuer.sign({ ...good(), exp: seconds() + 60 });
    const name = own.nameOf(token, expected);
    await own.verify(token, name, expected);
    ms += 60_000;
    expect(await own.recall(name, expected), 'within the skew').toBeTruthy();
    ms += 31_000;
    expect(await own.recall(name, expected)).toBeUndefined();
    await expect(own.verify(token, name, expected)).rejects.toMatchObject(expired);
  });

  it('without exp, sub or the right iss is refused', async () => {
    for (const name of ['exp', 'sub', 'iss'] as const) {
      const { [name]: _, ...without } = good();
      await expect(verify(await issuer.sign(without)), name).rejects.toMatchObject(invalid);
    }
    const wrong: object[] = [
      { iss: `${issuer.uri}/` },
      { iss: 'https://evil.example' },
      { iss: [issuer.uri] },
      { exp: `${seconds() + 60}` },
      { sub: '' },
      { sub: 7 },
    ];
    for (const claims of wrong)
      await expect(verify(await issuer.sign({ ...good(), ...claims })), JSON.stringify(claims)).rejects.toMatchObject(
        invalid,
      );
  });
});

const evil = await generateKeyPair('ES256', { extractable: true });
const evilJwk = await exportJWK(evil.publicKey);

describe('a forged token is refused:', () => {
  const signed = (header: object, claims: object = good()) =>
    new SignJWT({ ...claims }).setProtectedHeader({ alg: 'ES256', ...header }).sign(evil.privateKey);
  const kid = async () => String((await issuer.publicKey()).kid);

  it('alg none, in any spelling', async () => {
    for (const alg of ['none', 'None', 'NONE', ''])
      for (const signature of ['', 'AA'])
        await expect(verify(`${encoded({ alg })}.${encoded(good())}.${signature}`)).rejects.toMatchObject(invalid);
  });

  it('HS256 with the public key as the secret', async () => {
    const key = await issuer.publicKey();
    const pem = await exportSPKI((await importJWK(key, 'ES256', { extractable: true })) as CryptoKey);
    const secrets = [JSON.stringify(key), String(key.x), pem, pem.trim()];
    for (const secret of secrets) {
      const text = `${encoded({ alg: 'HS256', kid: key.kid })}.${encoded(good())}`;
      const token = `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
      await expect(verify(token)).rejects.toMatchObject(invalid);
    }
  });

  it('a key of its own, brought along or named, which nobody fetches', async () => {
    let fetched = 0;
    const server = createServer((_request, response) => {
      fetched += 1;
      response.end(JSON.stringify({ keys: [evilJwk] }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
    for (const header of [{ jwk: evilJwk }, { jku: url }, { x5u: url }, { x5c: ['MIIB'] }])
      for (const named of [{}, { kid: await kid() }])
        await expect(verify(await signed({ ...header, ...named }))).rejects.toMatchObject(invalid);
    server.close();
    expect(fetched).toBe(0);
  });

  it('a kid that is a path, a query or a prototype', async () => {
    const kids = [
      '../../dev/null',
      "' OR 1=1 --",
      '__proto__',
      'constructor',
      'x'.repeat(4_000),
      '',
      `${await kid()} `,
    ];
    for (const each of kids) await expect(verify(await signed({ kid: each })), each).rejects.toMatchObject(invalid);
    await expect(verify(await signed({ kid: await kid() })), 'another’s signature').rejects.toMatchObject(invalid);
  });

  it('changed claims or signature, a critical header, another algorithm of the key', async () => {
    const [header, , signature] = (await issuer.token(audience)).split('.') as [string, string, string];
    await expect(verify(`${header}.${encoded({ ...good(), sub: 'bob' })}.${signature}`)).rejects.toMatchObject(invalid);
    const critical = await issuer.sign(good(), { crit: ['x'], x: 1 });
    await expect(verify(critical)).rejects.toMatchObject(invalid);
    await expect(
      verify(`${encoded({ alg: 'RS256', kid: await kid() })}.${encoded(good())}.AAAA`),
    ).rejects.toMatchObject(invalid);
  });

  it('what is no token, or a huge one', async () => {
    const huge = await issuer.sign({ ...good(), more: 'x'.repeat(8_192) });
    const texts = [
      '',
      'a',
      'a.b',
      'a.b.c',
      'a.b.c.d.e',
      '....',
      huge,
      'x'.repeat(100_000),
      `${await issuer.sign(good())}.`,
    ];
    for (const text of texts) await expect(verify(text), text.slice(0, 20)).rejects.toMatchObject(invalid);
  });
});

describe('when the issuer changes its keys', () => {
  it('tokens of the new one get in at once, those of the old no more', async () => {
    const old = await issuer.token(audience);
    await verify(old);
    await issuer.rotate();
    clock.ms = 20_000;
    const fresh = await issuer.token(audience);
    expect(await verify(fresh)).toMatchObject({ subject: 'ann' });
    expect(await recall(old), 'verified by a key that is gone').toBeUndefined();
    await expect(verify(old)).rejects.toMatchObject(invalid);
  });

  it('keeping the old, tokens of both get in', async () => {
    const old = await issuer.token(audience);
    await issuer.rotate({ keep: true });
    const fresh = await issuer.token(audience);
    await Promise.all([verify(old), verify(fresh)]);
  });

  it('tokens of made-up keys make it look once in a while only', async () => {
    await verify(await issuer.token(audience));
    const before = issuer.looks;
    for (let n = 0; n < 20; n++) {
      clock.ms += 1_000;
      await expect(verify(await issuer.sign(good(), { kid: `made-up-${n}` }))).rejects.toMatchObject(invalid);
    }
    expect(issuer.looks - before).toBe(2);
  });
});

describe('an issuer that cannot be asked', () => {
  it('is a 503 for those who are not known, and the keys that are known go on', async () => {
    const token = await issuer.token(audience);
    const later = await issuer.sign(good());
    await issuer.stop();
    try {
      await expect(verify(token)).rejects.toMatchObject(unavailable);
    } finally {
      await issuer.start();
    }
    clock.ms += 20_000;
    await verify(token);
    await issuer.stop();
    try {
      clock.ms += 3_600_000;
      expect(await verify(later)).toMatchObject({ subject: 'ann' });
      expect(await recall(token)).toMatchObject({ subject: 'ann' });
      const unknown = await issuer.sign(good(), { kid: 'new' });
      await expect(verify(unknown), 'it may have a new key').rejects.toMatchObject(unavailable);
    } finally {
      await issuer.start();
    }
  });

  it('says nothing: requests wait a bounded time, together, and then not at all', async () => {
    issuer.answerWith(() => {});
    const token = await issuer.sign(good());
    const began = performance.now();
    const asked = await Promise.allSettled([verify(token), verify(token), verify(token)]);
    expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(performance.now() - began).toBeLessThan(3_000);
    expect(failures).toHaveLength(1);
    const again = performance.now();
    await expect(verify(token)).rejects.toMatchObject(unavailable);
    expect(performance.now() - again).toBeLessThan(500);
  });

  const document = (more: object) => ({ issuer: issuer.uri, jwks_uri: `${issuer.uri}/jwks`, ...more });
  it.each([
    ['speaks for another', () => document({ issuer: 'https://evil.example' }), /speaks for/],
    ['differs in a slash', () => document({ issuer: `${issuer.uri}/` }), /speaks for/],
    ['has its keys where anybody could change them', () => document({ jwks_uri: 'http://192.0.2.1/jwks' }), /not safe/],
    ['has its keys in a file', () => document({ jwks_uri: 'file:///etc/passwd' }), /not safe/],
    ['is no discovery document', () => ['x'], /./],
    ['is huge', () => document({ more: 'x'.repeat(600_000) }), /more than 524288 bytes/],
  ])('%s', async (_name, body, why) => {
    issuer.answerWith((_request, response) => response.end(JSON.stringify(body())));
    await expect(verify(await issuer.sign(good()))).rejects.toMatchObject(unavailable);
    expect((failures[0] as Error).message).toMatch(why);
  });

  it('sends us elsewhere', async () => {
    let followed = 0;
    issuer.answerWith((request, response) => {
      if (request.url === '/elsewhere') followed += 1;
      response.writeHead(302, { location: `${issuer.uri}/elsewhere` }).end();
    });
    await expect(verify(await issuer.sign(good()))).rejects.toMatchObject(unavailable);
    await waitFor(() => failures.length === 1);
    expect(followed).toBe(0);
  });
});
