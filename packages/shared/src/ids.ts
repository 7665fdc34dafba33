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

/** An id that cannot be guessed and is unique for ever: for what outlives its process. */
export function randomId(): string {
  return randomUUID();
}
