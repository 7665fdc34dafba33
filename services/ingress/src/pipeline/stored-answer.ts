import { CodecError } from '@rostrum/shared/codec';
import { type CacheAnswer, decodeOutcome, type HttpResponse, type Outcome } from '@rostrum/shared/messages';
import type { Request, RouteMatch } from './context.ts';

/** What can be said of an answer that was stored. */
export interface Kept {
  ageSeconds: number;
  /** Of freshness; negative where it is over. */
  leftSeconds: number;
  /** `''` for none. */
  etag: string;
}

/** What an answer of the cache says about what is stored, `elapsedMs` after it came. */
export function keptOf({ ageSeconds, ttlSeconds, stale, etag }: CacheAnswer, elapsedMs = 0): Kept {
  const elapsed = Math.floor(elapsedMs / 1_000);
  return { ageSeconds: ageSeconds + elapsed, leftSeconds: (stale ? -ttlSeconds : ttlSeconds) - elapsed, etag };
}

/** What is stored, as an outcome; undefined where it cannot be read. */
export function storedOutcome({ body, failed, meta }: CacheAnswer): Outcome | undefined {
  try {
    if (failed) return decodeOutcome(body);
    const response = meta === '' ? {} : { response: JSON.parse(meta) as HttpResponse };
    return { kind: 'ok', body, workflowId: '', ...response };
  } catch (error) {
    if (error instanceof CodecError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * What HTTP caches between here and the caller are told (RFC 9111): `max-age` is the whole of its time, from which they
 * take `Age` off. `private` wherever it matters who asks, since an API key is no `Authorization` that they would know by
 * themselves; and to be asked for each time where its key is made of more than its URL.
 */
export function storedHeaders(kept: Kept, match: RouteMatch, given: Readonly<Record<string, string>>) {
  const { service, compiled } = match;
  const { ageSeconds, leftSeconds, etag } = kept;
  const age = { age: String(ageSeconds), ...(etag === '' ? {} : { etag }) };
  if (compiled.cacheKey?.paths.some(([first]) => first === 'requestMetadata')) {
    return { ...age, 'cache-control': 'private, no-cache' };
  }
  const maxAge = `max-age=${Math.max(0, ageSeconds + leftSeconds)}`;
  if (service.edge.auth.type === 'NONE') return { ...age, 'cache-control': maxAge };
  const vary = [given.vary, 'Authorization, X-API-Key'].filter((each) => each !== undefined).join(', ');
  return { ...age, 'cache-control': `private, ${maxAge}`, vary };
}

/**
 * Whether the caller has this answer already (RFC 9110, section 13.1.2; tags are compared weakly). Of requests that are
 * not reads the field asks for something else, which nobody here can promise.
 */
export function isNotModified({ method, headers }: Request, etag: string): boolean {
  const known = headers['if-none-match'];
  if (known === undefined || etag === '' || (method !== 'GET' && method !== 'HEAD')) return false;
  const opaque = (tag: string) => tag.trim().replace(/^W\//, '');
  const tags = [known].flat().join(',');
  return tags.trim() === '*' || tags.split(',').some((tag) => opaque(tag) === opaque(etag));
}
