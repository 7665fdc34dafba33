import type { ScriptChild } from './script-child.ts';

/** How long a child takes after a run to prepare the next context (ms), roughly. */
const prepareMs = 0.5;

/**
 * The owner's isolate first, if its child has had time to prepare the next context: of several the one used last, where
 * all is warm. Then one that is nobody's yet; only then another owner's, since changing hands costs 1 ms. `idle` begins
 * with the child that has rested longest.
 */
export function chooseChild<Candidate extends Pick<ScriptChild, 'owner' | 'idleSince'>>(
  idle: Candidate[],
  owner: string,
): Candidate {
  const rested = performance.now() - prepareMs;
  const own = idle.filter((child) => child.owner === owner);
  const prepared = own.findLast((child) => child.idleSince < rested);
  return prepared ?? idle.find((child) => child.owner === undefined) ?? own[0] ?? (idle[0] as Candidate);
}
