import { hkdfSync, randomBytes } from 'node:crypto';
import { digestApiKey, parseDigestKey } from '@rostrum/shared/digest';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { type AccessKey, type Application, type ConfigState, emptyState } from '../domain/records.ts';
import { createTokens } from './tokens.ts';

const digestKey = parseDigestKey(`k1:${randomBytes(32).toString('base64')}`);
const masterKey = randomBytes(32);
const signingKey = { id: 'first', secret: new Uint8Array(randomBytes(32)), verifiesUntil: undefined };

/** Tokens over a state that the test writes; `behind` is what comes with the next look into the storage. */
function tokensOver(state: ConfigState, derivedUntil = 0) {
  const seen = { looks: 0, behind: () => {} };
  const catchUp = async () => {
    seen.looks += 1;
    await Promise.resolve();
    seen.behind();
  };
  const options = { masterKey, digestKey, lifetimeSeconds: 60, issuer: 'test', signingKeys: () => [signingKey] };
  return { seen, ...createTokens({ ...options, derivedUntil: () => derivedUntil, config: { state, catchUp } }) };
}

function hold(state: ConfigState, ...ids: string[]) {
  const digest = digestApiKey('secret', digestKey);
  const accessKeys = ids.map((id): AccessKey => ({ id, digest, createdAt: 1, status: 'ACTIVE' }));
  const value = {
    id: 'a',
    name: 'a',
    roles: ['USER'],
    tags: [],
    permissions: [],
    accessKeys,
  } as unknown as Application;
  state.applications.set('a', { sequence: 1, value });
}

const invalid = { code: 'unauthenticated', extras: { error: 'INVALID_TOKEN' } };

describe('a token of a revoked key', () => {
  it('makes this replica look into the storage once, however often it is shown', async () => {
    const state = emptyState();
    hold(state, 'revoked', 'new');
    const tokens = tokensOver(state);
    const [revoked, fresh] = await Promise.all(['revoked', 'new'].map((id) => tokens.issue(id, 'secret', '192.0.2.1')));
    hold(state);
    for (let round = 0; round < 3; round++) {
      const shown = Array.from({ length: 20 }, () => tokens.verify(revoked));
      for (const each of await Promise.allSettled(shown)) expect(each).toMatchObject({ reason: invalid });
    }
    expect(tokens.seen.looks).toBe(1);

    tokens.seen.behind = () => hold(state, 'new');
    const both = [tokens.verify(fresh), tokens.verify(fresh)];
    expect(await Promise.all(both), 'others are looked for all the same').toMatchObject([
      { keyId: 'new' },
      { keyId: 'new' },
    ]);
    expect(tokens.seen.looks).toBe(2);
  });
});

describe('a token without a kid', () => {
  it('is believed until the last of the release before has expired', async () => {
    const derived = new Uint8Array(hkdfSync('sha256', masterKey, '', 'rostrum admin token', 32));
    const claims = new SignJWT().setProtectedHeader({ alg: 'HS256' }).setIssuer('test').setSubject('admin');
    const token = await claims.setExpirationTime('10 y').sign(derived);
    const state = emptyState();
    state.admin = { sequence: 1, value: { keyId: 'admin', digest: 'x' } };
    expect(await tokensOver(state, Date.now() + 60_000).verify(token)).toMatchObject({ keyId: 'admin' });
    await expect(tokensOver(state, Date.now() - 1).verify(token)).rejects.toMatchObject(invalid);
  });
});
