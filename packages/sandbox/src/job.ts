import type { ScriptResult } from './types.ts';

/** A run on its way through the queue and a child. Times are of `performance.now()`. */
export interface Job {
  kind: 'run' | 'check';
  script: string;
  input: string;
  owner: string;
  revision: string;
  deadlineAt: number;
  /** Refused if it has not begun by then. */
  startBy: number;
  /** Ends the waiting at `startBy`, or for a process that was killed to close; set while it waits. */
  waitTimer: NodeJS.Timeout | undefined;
  /** True once it was taken from a child that went away before it began: that happens once. */
  moved: boolean;
  /** A settled job is not started any more. */
  settled: boolean;
  /** The first call counts. */
  settle(outcome: ScriptResult | Error): void;
}

/** Names a job's revision, whoever it belongs to. */
export const keyOf = ({ owner, revision }: Job): string => `${owner}\0${revision}`;
