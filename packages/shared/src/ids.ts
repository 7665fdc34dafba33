import { randomBytes, randomUUID } from 'node:crypto';

/**
 * Names each of many things of one process: 12 random characters that name the process, `-`, a counter in base 36.
 * Unique across processes, cheap (no randomness per id), sortable by eye within a process. Not secret: do not
 * use it where an id must not be guessed.
 */
export function createIdSource(): { process: string; next(): string } {
  const process = randomBytes(9).toString('base64url').replaceAll('-', 'x').replaceAll('_', 'y');
  let count = 0;
  return { process, next: () => `${process}-${(++count).toString(36)}` };
}

/**
 * Whether this request is in a sample of so large a share (0 to 1). It depends on the id alone, so that all services that
 * log or trace the request come to the same.
 */
export function isSampled(requestId: string, share: number): boolean {
  if (share >= 1) return true;
  // FNV-1a, then mixed: ids of one process differ in their last characters alone.
  let hash = 0x811c9dc5;
  for (let at = 0; at < requestId.length; at++) hash = Math.imul(hash ^ requestId.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32 < share;
}

/** An id that cannot be guessed and is unique for ever: for what outlives its process. */
export function randomId(): string {
  return randomUUID();
}
