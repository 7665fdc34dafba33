import { hkdfSync } from 'node:crypto';
import { type DigestKey, digestApiKey, digestOf, isAmongDigests } from '@rostrum/shared/digest';
import { errors, type JWTHeaderParameters, jwtVerify, SignJWT } from 'jose';
import { type Caller, findKey, type KnownKey } from '../domain/callers.ts';
import type { OpenKey } from '../domain/signing.ts';
import { AdminProblem } from '../problems.ts';
import type { ConfigStore } from '../storage/store.ts';
import { invalidToken } from './access.ts';
import { Attempts } from './attempts.ts';

export interface TokenOptions {
  masterKey: Buffer;
  digestKey: DigestKey;
  lifetimeSeconds: number;
  /** Whose tokens these are: the installation's namespace. */
  issuer: string;
  config: Pick<ConfigStore, 'state' | 'catchUp'>;
  /** The last one signs. */
  signingKeys(): readonly OpenKey[];
  /** Until when tokens without a `kid`, of the release before, are believed (ms since 1970). */
  derivedUntil(): number;
}

/**
 * Admin tokens: JWTs (RFC 7519, HS256) that every replica verifies. They name an access key; what its holder may do is
 * looked up with each call, so that what is taken from him is gone at once.
 */
export interface Tokens {
  /** `address`: who asks. @throws {AdminProblem} unauthenticated, too-many-attempts. */
  issue(keyId: string, keySecret: string, address: string): Promise<string>;
  /** Who has the token. @throws {AdminProblem} unauthenticated. */
  verify(token: string | undefined): Promise<Caller>;
}

/** How often an unknown signing key, or access key, makes this replica look whether another has made it (ms). */
const lookEveryMs = 1_000;
/** So many access keys are remembered to have been looked for. */
const mostLookedFor = 1_000;

export function createTokens({ digestKey, lifetimeSeconds, issuer, config, ...options }: TokenOptions): Tokens {
  const attempts = new Attempts();
  const findSigningKey = createKeyFinder(options, config);
  const lookFor = createLookFor(config);

  const withSecret = (keyId: string, keySecret: string): KnownKey | undefined => {
    const known = findKey(config.state, keyId);
    const digest = digestApiKey(keySecret, digestKey);
    // Always compared: how long it takes does not tell whether the id exists.
    const same = isAmongDigests(digest, [known?.digest ?? digestApiKey('', digestKey)]);
    return same ? known : undefined;
  };

  return {
    async issue(keyId, keySecret, address) {
      const waitMs = attempts.waitMs(keyId, address);
      if (waitMs > 0) throw tooMany(waitMs);
      let known = withSecret(keyId, keySecret);
      if (!known) {
        // Counted before anything is waited for: else many at once would all be looked at.
        attempts.failed(keyId, address);
        // Another replica may have made the key just now.
        await config.catchUp();
        known = withSecret(keyId, keySecret);
        if (!known) throw new AdminProblem('unauthenticated', 'The access key is not known, or its secret is wrong.');
        attempts.takeBack(keyId, address);
      }
      attempts.succeeded(keyId, address);
      const signing = options.signingKeys().at(-1);
      if (!signing) throw new Error('there is no key to sign tokens with');
      return new SignJWT({ ver: versionOf(known) })
        .setProtectedHeader({ alg: 'HS256', kid: signing.id })
        .setIssuer(issuer)
        .setSubject(keyId)
        .setIssuedAt()
        .setExpirationTime(`${lifetimeSeconds} s`)
        .sign(signing.secret);
    },

    async verify(token) {
      if (!token)
        throw invalidToken('There is no token: take one from POST /api/token and send it as X-Authorization.');
      const { payload, protectedHeader } = await jwtVerify(token, findSigningKey, {
        issuer,
        algorithms: ['HS256'],
      }).catch((error: unknown) => {
        throw refusal(error);
      });
      const keyId = payload.sub ?? '';
      if (!findKey(config.state, keyId)) await lookFor(keyId);
      const known = findKey(config.state, keyId);
      if (!known) throw invalidToken();
      if (protectedHeader.kid === undefined) {
        // The release before gave tokens to the first admin alone.
        if (known.caller.application !== undefined) throw invalidToken();
      } else if (payload['ver'] !== versionOf(known)) throw invalidToken();
      return known.caller;
    },
  };
}

/** The signing key of a token, by its `kid`. Without one it is of the release before, which derived its only key. */
function createKeyFinder(
  { masterKey, signingKeys, derivedUntil }: Pick<TokenOptions, 'masterKey' | 'signingKeys' | 'derivedUntil'>,
  config: TokenOptions['config'],
) {
  const derived = new Uint8Array(hkdfSync('sha256', masterKey, '', 'rostrum admin token', 32));
  let lookedAt = Number.NEGATIVE_INFINITY;
  const find = (kid: string) => signingKeys().find(({ id }) => id === kid);
  return async ({ kid }: JWTHeaderParameters): Promise<Uint8Array> => {
    if (kid === undefined) {
      if (derivedUntil() < Date.now()) throw invalidToken();
      return derived;
    }
    if (!find(kid) && performance.now() - lookedAt > lookEveryMs) {
      lookedAt = performance.now();
      await config.catchUp();
    }
    const key = find(kid);
    if (!key || (key.verifiesUntil ?? Infinity) < Date.now()) throw invalidToken();
    return key.secret;
  };
}

/**
 * Looks whether another replica has made an access key just now, or switched it on: once a second for each, since
 * whoever goes on with a revoked one would make NATS work with every call.
 */
function createLookFor(config: TokenOptions['config']): (keyId: string) => Promise<void> {
  const looked = new Map<string, { at: number; done: Promise<void> }>();
  return (keyId) => {
    const now = performance.now();
    const last = looked.get(keyId);
    if (last && now - last.at < lookEveryMs) return last.done;
    if (looked.size >= mostLookedFor) looked.clear();
    const done = config.catchUp();
    looked.set(keyId, { at: now, done });
    done.catch(() => looked.delete(keyId));
    return done;
  };
}

/** Of the secret that the token was given for: with another one under the same id it is good no more. */
function versionOf({ digest }: KnownKey): string {
  return digestOf(digest).slice(0, 16);
}

function refusal(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) {
    const detail = 'The token has expired; take a new one from POST /api/token.';
    return new AdminProblem('unauthenticated', detail, { error: 'EXPIRED_TOKEN' });
  }
  // What is not the token's fault is not told as if it were.
  return error instanceof errors.JOSEError || error instanceof TypeError ? invalidToken(undefined, error) : error;
}

function tooMany(waitMs: number): AdminProblem {
  const retryAfter = Math.ceil(waitMs / 1_000);
  const detail = `Too many attempts with a wrong secret; the next one is looked at in ${retryAfter} s.`;
  return new AdminProblem('too-many-attempts', detail, { retryAfter });
}
