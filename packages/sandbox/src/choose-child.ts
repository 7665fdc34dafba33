import type { ScriptChild } from './script-child.ts';

/** How long a child takes after a run to prepare the next context (ms), roughly. */
const prepareMs = 0.5;

/**
 * The owner's isolate first, if its child has had time to prepare the next context; then one that is nobody's yet; only
 * then another owner's, since changing hands costs 1 ms. `idle` begins with the child that has rested longest.
 */
export function chooseChild<Candidate extends Pick<ScriptChild, 'owner' | 'idleSince'>>(
  idle: Candidate[],
  owner: string,
): Candidate {
  const rested = performance.now() - prepareMs;
  const own = idle.find((child) => child.owner === owner);
  if (own && own.idleSince < rested) return own;
  return idle.find((child) => child.owner === undefined) ?? own ?? (idle[0] as Candidate);
}
