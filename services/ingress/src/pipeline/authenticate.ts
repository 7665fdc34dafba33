import { type DigestKey, digestApiKey, digestOf, isAmongDigests } from '@rostrum/shared/digest';
import { Problem } from '@rostrum/shared/problems';
import type { EdgeAuth } from '@rostrum/shared/revision';
import type { TokenVerifier, VerifiedToken } from '../oidc/verify-token.ts';
import type { Caller } from './caller.ts';
import { type Request, singleHeader } from './context.ts';
import type { FailedAttempts } from './failed-attempts.ts';

type Keys = Extract<EdgeAuth, { type: 'API_KEY' }>;
type Tokens = NonNullable<Extract<EdgeAuth, { type: 'DENY' }>['oidc']>;

export interface Authentication {
  digestKey: DigestKey;
  tokens: Pick<TokenVerifier, 'nameOf' | 'recall' | 'verify'>;
  attempts: FailedAttempts;
}

/** Longer ones are refused before they are hashed. */
const MAX_KEY_LENGTH = 512;

/**
 * Says who calls.
 *
 * @throws {Problem} unauthenticated; too-many-attempts, after many of them; service-unavailable where a token cannot be checked.
 */
export async function authenticate(
  request: Request,
  { auth }: { auth: EdgeAuth },
  authentication: Authentication,
): Promise<Caller> {
  switch (auth.type) {
    case 'NONE':
      return { principal: 'anonymous' };
    case 'API_KEY':
      return byApiKey(request, auth, authentication);
    case 'DENY':
      if (auth.oidc) return byToken(request, auth.oidc, authentication);
      throw new Problem('unauthenticated', auth.detail);
    default:
      // A kind that this version does not know lets nobody in.
      throw new Problem('unauthenticated', 'This service asks for a kind of authentication that is not known here.');
  }
}

/**
 * One hash a request, compared in constant time; unknown, wrong and malformed keys get the same answer. The key is looked at
 * before the count of failures: that is cheap, and who has the right one is not shut out by others at the same address.
 */
function byApiKey(request: Request, { digests }: Keys, { digestKey, attempts }: Authentication): Caller {
  const key = singleHeader(request, 'x-api-key') ?? bearerToken(request);
  if (key === undefined) {
    throw new Problem('unauthenticated', 'An API key is needed: send it as X-API-Key, or as Authorization: Bearer.');
  }
  const digest = key.length > MAX_KEY_LENGTH ? '' : digestApiKey(key, digestKey);
  const valid = isAmongDigests(digest, digests);
  const address = request.address ?? '';
  refuseFor(attempts.closedMs(address, digest));
  if (!valid) {
    refuseFor(attempts.failed(address, digest));
    throw new Problem('unauthenticated', 'The API key is not valid here.');
  }
  attempts.succeeded(address, digest);
  return { principal: `key:${digest.slice(0, digest.indexOf(':') + 13)}` };
}

/** A token that was verified lately costs a hash; one that failed too often is not verified again. */
async function byToken(request: Request, auth: Tokens, { tokens, attempts }: Authentication): Promise<Caller> {
  const token = bearerToken(request);
  if (token === undefined) throw new Problem('unauthenticated', 'A token is needed: send it as Authorization: Bearer.');
  const name = tokens.nameOf(token, auth);
  const known = await tokens.recall(name, auth);
  if (known) return callerOf(known, token, auth);
  const address = request.address ?? '';
  refuseFor(Math.max(attempts.closedMs(address, name), attempts.spentMs(name)));
  try {
    return callerOf(await tokens.verify(token, name, auth), token, auth);
  } catch (error) {
    if (error instanceof Problem && error.code === 'unauthenticated') refuseFor(attempts.failed(address, name));
    throw error;
  }
}

function callerOf({ issuer, subject, claims }: VerifiedToken, token: string, auth: Tokens): Caller {
  return {
    // Of 128 bits: enough for no two to meet.
    principal: `oidc:${digestOf(issuer, subject).slice(0, 22)}`,
    ...(auth.passthrough ? { token } : {}),
    ...(auth.tokenInInput ? { inputAuth: { subject, issuer, claims, token } } : {}),
  };
}

function refuseFor(ms: number): void {
  if (ms <= 0) return;
  const detail =
    'Too many requests with this credential, or from this address, were not authenticated; try again later.';
  throw new Problem('too-many-attempts', detail, { retryAfter: Math.ceil(ms / 1_000) });
}

function bearerToken(request: Request): string | undefined {
  return /^Bearer +([^\s,]+) *$/i.exec(singleHeader(request, 'authorization') ?? '')?.[1];
}
