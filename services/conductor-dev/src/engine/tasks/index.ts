import type { SystemTask } from '../system-task.ts';
import { exclusiveJoin } from './exclusive-join.ts';
import { forkJoin } from './fork-join.ts';
import { inline } from './inline.ts';
import { join } from './join.ts';
import { setVariable } from './set-variable.ts';
import { switchTask } from './switch.ts';
import { terminate } from './terminate.ts';
import { wait } from './wait.ts';

/** The task types that need no worker. */
export const systemTasks: Readonly<Record<string, SystemTask>> = {
  SWITCH: switchTask,
  SET_VARIABLE: setVariable,
  INLINE: inline,
  TERMINATE: terminate,
  WAIT: wait,
  HUMAN: {},
  FORK_JOIN: forkJoin,
  JOIN: join,
  EXCLUSIVE_JOIN: exclusiveJoin,
};
