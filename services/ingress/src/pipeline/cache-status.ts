import { cacheKeyDigest } from '@rostrum/shared/cache-key';

/** What became of a request in the cache, in the words of RFC 9211. */
export interface CacheStatus {
  hit?: boolean;
  /**
   * Why it was executed. *bypass*: the cache was not to be asked, or is away. *miss*: nothing was stored. *stale*: what is
   * stored had no time left. *request*: the caller wanted no stored answer.
   */
  fwd?: 'bypass' | 'miss' | 'stale' | 'request';
  /** The status that the execution ended in, where another answer is given in its place. */
  fwdStatus?: number;
  /** Seconds of freshness left; negative where it is over. */
  ttl?: number;
  stored?: boolean;
  collapsed?: boolean;
  key?: string | undefined;
  detail?: string;
}

/** So much of a key's digest tells one from another; what the key is made of is not to be seen. */
const DIGEST_CHARACTERS = 16;

/** The `Cache-Status` field. */
export function cacheStatusField({ hit, fwd, fwdStatus, ttl, stored, collapsed, key, detail }: CacheStatus): string {
  const parts = ['rostrum'];
  if (hit) parts.push('hit');
  if (fwd) parts.push(`fwd=${fwd}`);
  if (fwdStatus !== undefined) parts.push(`fwd-status=${fwdStatus}`);
  if (ttl !== undefined) parts.push(`ttl=${ttl}`);
  if (stored) parts.push('stored');
  if (collapsed) parts.push('collapsed');
  if (key !== undefined) parts.push(`key="${cacheKeyDigest(key).slice(0, DIGEST_CHARACTERS)}"`);
  if (detail !== undefined) parts.push(`detail=${detail}`);
  return parts.join('; ');
}
