import { digestOf } from './digest.ts';

/**
 * Names of cached answers. A key is `<group>}.<digest>`: the cache puts it into braces, so that the group, the text up to
 * the first `}`, is the hash tag of all that belongs to it (Redis Cluster), its place in the group's index included. Keys
 * of the release before have no group, and what is under them is in no index.
 */

/** A service's answers are spread over so many groups, so that a cluster can share them. */
const SHARDS = '0123456789abcdef';
/** A label may be as long as an input; of one that is too long so much is kept (bytes). */
const LABEL_START_BYTES = 256;
/** That, an ellipsis and a digest: what was cut is not cut again. */
const MAX_LABEL_BYTES = LABEL_START_BYTES + 3 + 43;

/** The key of an answer of this service; equal texts give equal keys. */
export function cacheKey(service: string, ...texts: string[]): string {
  const digest = digestOf(service, ...texts);
  return `${service}.${SHARDS[digest.charCodeAt(0) % SHARDS.length]}}.${digest}`;
}

/** Undefined for a key of the release before. */
export function groupOf(key: string): string | undefined {
  const end = key.indexOf('}.');
  return end === -1 ? undefined : key.slice(0, end);
}

/** What names a key within its group: the whole key where it has none. */
export function cacheKeyDigest(key: string): string {
  const end = key.indexOf('}.');
  return end === -1 ? key : key.slice(end + 2);
}

export function keyIn(group: string, digest: string): string {
  return `${group}}.${digest}`;
}

/** All groups of a service. */
export function groupsOf(service: string): string[] {
  return Array.from(SHARDS, (shard) => `${service}.${shard}`);
}

/** A label as it stands in the index: one that is too long is cut, and keeps apart from others by its digest. */
export function boundLabel(label: string): string {
  return Buffer.byteLength(label) <= MAX_LABEL_BYTES ? label : `${labelStart(label)}…${digestOf(label)}`;
}

/** The part of a label, or of a prefix, that is never cut off. */
export function labelStart(label: string): string {
  const encoded = Buffer.from(label);
  if (encoded.length <= LABEL_START_BYTES) return label;
  // Not in the middle of a character.
  let end = LABEL_START_BYTES;
  while (((encoded[end] as number) & 0xc0) === 0x80) end -= 1;
  return encoded.subarray(0, end).toString();
}
