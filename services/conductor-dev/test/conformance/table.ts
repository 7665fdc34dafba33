import { bulk } from './cases/bulk.ts';
import { correlation } from './cases/correlation.ts';
import { loops } from './cases/do-while.ts';
import { dynamicTasks } from './cases/dynamic.ts';
import { definitions } from './cases/definitions.ts';
import { execute } from './cases/execute.ts';
import { expressions } from './cases/expressions.ts';
import { failureWorkflows } from './cases/failure-workflow.ts';
import { forks } from './cases/fork-join.ts';
import { httpTasks } from './cases/http-tasks.ts';
import { inlineTasks } from './cases/inline.ts';
import { jq } from './cases/jq.ts';
import { metadata } from './cases/metadata.ts';
import { operations } from './cases/operations.ts';
import { queues } from './cases/queues.ts';
import { repeats } from './cases/repeats.ts';
import { requests } from './cases/requests.ts';
import { reservations } from './cases/reservations.ts';
import { retries } from './cases/retries.ts';
import { revivals } from './cases/revivals.ts';
import { searches } from './cases/search.ts';
import { signals } from './cases/signals.ts';
import { subWorkflows } from './cases/sub-workflow.ts';
import { switches } from './cases/switch.ts';
import { systemTasks } from './cases/system-tasks.ts';
import { timeouts } from './cases/timeouts.ts';
import { workers } from './cases/workers.ts';
import type { Case } from './types.ts';

/** Every case, by group. The slow ones first: they run side by side. */
export const table: Record<string, readonly Case[]> = {
  timeouts,
  execute,
  retries,
  workers,
  httpTasks,
  operations,
  repeats,
  revivals,
  signals,
  bulk,
  searches,
  queues,
  systemTasks,
  inlineTasks,
  jq,
  switches,
  forks,
  loops,
  dynamicTasks,
  subWorkflows,
  failureWorkflows,
  reservations,
  expressions,
  correlation,
  metadata,
  definitions,
  requests,
};
