import slotOfKey from 'cluster-key-slot';
import type { Cluster } from 'ioredis';

/** Which of Redis's keys may be named together. */
export interface Layout {
  /** Keys of one command have to be of one slot. */
  slotOf(key: string): number;
  /** Commands of one pipeline have to be for keys of one server; `''` where that is not known. */
  serverOf(key: string): string;
  /** A key was not where it was looked for: learns anew where keys are. */
  refresh(): void;
}

/** All keys are on one server, and may be named together. */
export const oneServer: Layout = { slotOf: () => 0, serverOf: () => '', refresh() {} };

/** As the cluster has them now; a server's name is `host:port`. */
export function clusterLayout(cluster: Cluster): Layout {
  return {
    slotOf: slotOfKey,
    serverOf: (key) => cluster.slots[slotOfKey(key)]?.[0] ?? '',
    refresh: () => cluster.refreshSlotsCache(),
  };
}
