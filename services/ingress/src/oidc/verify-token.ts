import { digestOf } from '@rostrum/shared/digest';
import { Problem } from '@rostrum/shared/problems';
import { errors, type JWTPayload, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import type { KeySet } from './discover.ts';
import type { Issuers } from './issuers.ts';

/** A token that was found to be what it says. */
export interface VerifiedToken {
  issuer: string;
  subject: string;
  claims: JWTPayload;
}

export interface Expected {
  issuer: string;
  audience: string;
}

/** Asymmetric ones alone: with a symmetric one a public key would do to sign. `none` is in no list. */
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
/** How far clocks may be apart (s). */
const SKEW_SECONDS = 30;
/** Characters; what is longer is not looked at. */
const MAX_LENGTH = 8_192;
/** Tokens that were verified are remembered, so many and so large (characters). */
const MOST = 10_000;
const MOST_CHARACTERS = 32 * 1024 * 1024;

interface Remembered extends VerifiedToken {
  keys: KeySet;
  /** ms since 1970. */
  until: number;
}

/** Verifies tokens (RFC 7519, RFC 8725) of any issuer and audience; a token again without its signature, until it expires. */
export class TokenVerifier {
  readonly #issuers: Issuers;
  readonly #now: () => number;
  readonly #verified = new LRUCache<string, Remembered>({ max: MOST, maxSize: MOST_CHARACTERS });

  /** `now`: ms since 1970. */
  constructor(issuers: Issuers, now: () => number = Date.now) {
    this.#issuers = issuers;
    this.#now = now;
  }

  /** Names a token among others, for this issuer and audience; it cannot be had back from it. */
  nameOf(token: string, { issuer, audience }: Expected): string {
    return digestOf(issuer, audience, token.length > MAX_LENGTH ? '' : token);
  }

  /**
   * The token of that name, where it has been verified with the keys that its issuer still has.
   *
   * @throws {Problem} service-unavailable where the issuer's keys cannot be had.
   */
  async recall(name: string, { issuer }: Expected): Promise<VerifiedToken | undefined> {
    const known = this.#verified.get(name);
    if (!known) return undefined;
    return known.until > this.#now() && known.keys === (await this.#issuers.get(issuer).keys()) ? known : undefined;
  }

  /** @throws {Problem} unauthenticated, saying little; service-unavailable where it cannot be told. */
  async verify(token: string, name: string, expected: Expected): Promise<VerifiedToken> {
    if (token.length > MAX_LENGTH) throw refused('invalid');
    const issuer = this.#issuers.get(expected.issuer);
    const keys = await issuer.keys();
    try {
      return await this.#check(token, name, keys, expected);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw toProblem(error);
    }
    // The issuer may have a new key.
    const newer = await issuer.newerThan(keys);
    if (!newer) throw refused('invalid');
    return this.#check(token, name, newer, expected).catch((error: unknown) => {
      throw toProblem(error);
    });
  }

  async #check(token: string, name: string, keys: KeySet, expected: Expected): Promise<VerifiedToken> {
    const now = this.#now();
    const { payload: claims } = await jwtVerify(token, keys.find, {
      ...expected,
      algorithms,
      clockTolerance: SKEW_SECONDS,
      requiredClaims: ['exp', 'sub'],
      currentDate: new Date(now),
    });
    if (typeof claims.sub !== 'string' || claims.sub === '') throw refused('invalid');
    const verified = { issuer: expected.issuer, subject: claims.sub, claims };
    const until = ((claims.exp as number) + SKEW_SECONDS) * 1_000;
    this.#verified.set(name, { ...verified, keys, until }, { size: token.length });
    return verified;
  }
}

/** All that a caller is told; expired and for another are told of genuine tokens alone. */
const sentences = {
  expired: 'The token has expired.',
  audience: 'The token is not for this service.',
  invalid: 'The token is not valid here.',
} as const;

function refused(why: keyof typeof sentences, cause?: unknown): Problem {
  return new Problem('unauthenticated', sentences[why], { tokenFault: sentences[why] }, cause);
}

function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof errors.JWTExpired) return refused('expired');
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud') return refused('audience');
  // What is no fault of the token's, such as a key of the issuer's that is too short, is for the log.
  return refused('invalid', error instanceof errors.JOSEError ? undefined : error);
}
