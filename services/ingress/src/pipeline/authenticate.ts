import { type DigestKey, digestApiKey, isAmongDigests } from '@rostrum/shared/digest';
import { Problem } from '@rostrum/shared/problems';
import type { EdgeAuth } from '@rostrum/shared/revision';
import { type Request, singleHeader } from './context.ts';

/** Longer ones are refused before they are hashed. */
const MAX_KEY_LENGTH = 512;

/**
 * Who calls: `anonymous`, or `key:` and the beginning of the key's digest. One hash a request, compared in constant
 * time; unknown, wrong and malformed keys get the same answer.
 *
 * @throws {Problem} unauthenticated.
 */
export function authenticate(request: Request, { auth }: { auth: EdgeAuth }, digestKey: DigestKey): string {
  switch (auth.type) {
    case 'NONE':
      return 'anonymous';
    case 'API_KEY': {
      const key = singleHeader(request, 'x-api-key') ?? bearerToken(request);
      if (key === undefined) {
        throw new Problem(
          'unauthenticated',
          'An API key is needed: send it as X-API-Key, or as Authorization: Bearer.',
        );
      }
      const digest = key.length > MAX_KEY_LENGTH ? '' : digestApiKey(key, digestKey);
      if (!isAmongDigests(digest, auth.digests)) throw new Problem('unauthenticated', 'The API key is not valid here.');
      return `key:${digest.slice(0, digest.indexOf(':') + 13)}`;
    }
    case 'DENY':
      throw new Problem('unauthenticated', auth.detail);
    default:
      // A kind that this version does not know lets nobody in.
      throw new Problem('unauthenticated', 'This service asks for a kind of authentication that is not known here.');
  }
}

function bearerToken(request: Request): string | undefined {
  return /^Bearer +([^\s,]+) *$/i.exec(singleHeader(request, 'authorization') ?? '')?.[1];
}
