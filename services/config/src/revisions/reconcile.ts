import type { ConfigStore, RevisionStore } from '../storage/store.ts';
import { publishAll, servicesBehind } from './publish.ts';

/** Long enough for the replica that made a change to bring its revision out itself. */
const afterChangeMs = 500;
const afterFaultMs = 1_000;

export interface Reconciler {
  stop(): void;
}

/**
 * Finishes what another replica began: at the start and half a second after each change, revisions that are not out
 * yet are compiled and brought out.
 */
export function startReconciler(
  config: ConfigStore,
  revisions: RevisionStore,
  onFault: (error: unknown) => void,
): Reconciler {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const schedule = (ms: number) => {
    if (stopped || timer !== undefined) return;
    timer = setTimeout(() => void look(), ms);
  };
  const look = async () => {
    // Cleared first: a change that comes while this one looks asks for another look.
    timer = undefined;
    try {
      await publishAll(config, revisions, servicesBehind(config, revisions));
    } catch (error) {
      onFault(error);
      schedule(afterFaultMs);
    }
  };
  config.onChange(() => schedule(afterChangeMs));
  schedule(0);
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
