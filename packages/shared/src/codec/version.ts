/**
 * Versions of the bus codec. Readers take the current and the previous one and refuse all others, so that releases
 * which follow each other can share a bus. A release that adds a field raises CURRENT and leaves WRITTEN where it was:
 * only a record that says something new is written in CURRENT. The release after it raises WRITTEN, when every replica
 * can read it.
 */
export const CURRENT = 4;
export const PREVIOUS = 3;

export type Version = typeof CURRENT | typeof PREVIOUS;
export const WRITTEN: Version = 3;

export function isReadable(version: number): version is Version {
  return version === CURRENT || version === PREVIOUS;
}
