import { hkdfSync } from 'node:crypto';
import { type DigestKey, digestApiKey, isAmongDigests } from '@rostrum/shared/digest';
import { errors, jwtVerify, SignJWT } from 'jose';
import type { Admin } from '../domain/records.ts';
import { AdminProblem } from '../problems.ts';

export interface TokenOptions {
  masterKey: Buffer;
  digestKey: DigestKey;
  lifetimeSeconds: number;
  /** Whose tokens these are: the installation's namespace. */
  issuer: string;
  /** The access keys that there are. */
  keys(): readonly Admin[];
}

/** Admin tokens: JWTs (HS256), signed with a key derived from the master key, valid on every replica. */
export interface Tokens {
  /** @throws {AdminProblem} unauthenticated. */
  issue(keyId: string, keySecret: string): Promise<string>;
  /** The id of the access key behind the token. @throws {AdminProblem} unauthenticated. */
  verify(token: string | undefined): Promise<string>;
}

export function createTokens({ masterKey, digestKey, lifetimeSeconds, issuer, keys }: TokenOptions): Tokens {
  const key = new Uint8Array(hkdfSync('sha256', masterKey, '', 'rostrum admin token', 32));
  return {
    async issue(keyId, keySecret) {
      const digest = digestApiKey(keySecret, digestKey);
      // Both are always compared: how long it takes does not tell whether the id exists.
      const stored = keys().find((each) => each.keyId === keyId)?.digest ?? digestApiKey('', digestKey);
      if (!isAmongDigests(digest, [stored]) || !keys().some((each) => each.keyId === keyId)) {
        throw new AdminProblem('unauthenticated', 'The access key is not known, or its secret is wrong.');
      }
      return new SignJWT()
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuer(issuer)
        .setSubject(keyId)
        .setIssuedAt()
        .setExpirationTime(`${lifetimeSeconds} s`)
        .sign(key);
    },
    async verify(token) {
      if (!token) throw invalid('There is no token: take one from POST /api/token and send it as X-Authorization.');
      try {
        const { payload } = await jwtVerify(token, key, { issuer, algorithms: ['HS256'] });
        const { sub } = payload;
        if (sub !== undefined && keys().some(({ keyId }) => keyId === sub)) return sub;
      } catch (error) {
        if (!(error instanceof errors.JWTExpired)) throw invalid(undefined, error);
        const detail = 'The token has expired; take a new one from POST /api/token.';
        throw new AdminProblem('unauthenticated', detail, { error: 'EXPIRED_TOKEN' });
      }
      throw invalid();
    },
  };
}

function invalid(
  detail = 'The token is not valid; take a new one from POST /api/token.',
  cause?: unknown,
): AdminProblem {
  return new AdminProblem('unauthenticated', detail, { error: 'INVALID_TOKEN' }, cause);
}
