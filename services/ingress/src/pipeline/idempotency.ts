import { digestOf } from '@rostrum/shared/digest';
import { Problem } from '@rostrum/shared/problems';
import type { EdgeRoute } from '@rostrum/shared/revision';
import type { Request } from './context.ts';

/** What makes a request one that runs once, however often it is sent. */
export interface Idempotency {
  key: string;
  /** Two requests under one key are the same when this is. */
  digest: string;
}

/** A string (RFC 9651) of visible characters, or, which many clients send, the same without its quotes. */
const quoted = /^"((?:[!#-[\]-~]|\\["\\]){1,510})"$/;
const bare = /^[!#-+\--:<-[\]-~]+$/;
const MAX_LENGTH = 255;

/**
 * The request's `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07); undefined when it has none. `"a"` and
 * `a` are the same key. It is not read on GET, which may be repeated as it is.
 *
 * @throws {Problem} malformed-request; idempotency-key-missing where the route requires one.
 */
export function idempotencyKeyOf(request: Request, route: EdgeRoute): string | undefined {
  if (route.method === 'GET') return undefined;
  const header = request.headers['idempotency-key'];
  if (header === undefined) {
    if (!route.idempotencyKeyRequired) return undefined;
    const detail =
      'This route takes requests with an Idempotency-Key only; make one up, and repeat the request with it.';
    throw new Problem('idempotency-key-missing', detail);
  }
  const key = typeof header === 'string' ? read(header.trim()) : undefined;
  if (key === undefined || key.length > MAX_LENGTH) {
    const detail = `The Idempotency-Key has to be one string of 1 to ${MAX_LENGTH} visible ASCII characters, in double quotes.`;
    throw new Problem('malformed-request', detail);
  }
  return key;
}

function read(header: string): string | undefined {
  if (bare.test(header)) return header;
  return quoted.exec(header)?.[1]?.replace(/\\(.)/g, '$1');
}

/**
 * Of method, target and body, each as it came, byte for byte: a client that repeats a request sends it as it was. A
 * query in another order is another request, since what its order means is the workflow's to say.
 */
export async function requestDigest(request: Request): Promise<string> {
  return digestOf(request.method, request.url, await request.readBody());
}
