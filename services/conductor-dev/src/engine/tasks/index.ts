import type { SystemTask } from '../system-task.ts';
import { doWhile } from './do-while.ts';
import { exclusiveJoin } from './exclusive-join.ts';
import { forkJoin } from './fork-join.ts';
import { forkJoinDynamic } from './fork-join-dynamic.ts';
import { http } from './http.ts';
import { inline } from './inline.ts';
import { join } from './join.ts';
import { jsonJqTransform } from './json-jq-transform.ts';
import { noop } from './noop.ts';
import { setVariable } from './set-variable.ts';
import { startWorkflow } from './start-workflow.ts';
import { subWorkflow } from './sub-workflow.ts';
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
  FORK_JOIN_DYNAMIC: forkJoinDynamic,
  EXCLUSIVE_JOIN: exclusiveJoin,
  DO_WHILE: doWhile,
  SUB_WORKFLOW: subWorkflow,
  START_WORKFLOW: startWorkflow,
  NOOP: noop,
  HTTP: http,
  JSON_JQ_TRANSFORM: jsonJqTransform,
};
