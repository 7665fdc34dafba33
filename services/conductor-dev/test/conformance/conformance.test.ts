import { describe, test } from 'vitest';
import { bulk } from './cases/bulk.ts';
import { correlation } from './cases/correlation.ts';
import { definitions } from './cases/definitions.ts';
import { execute } from './cases/execute.ts';
import { expressions } from './cases/expressions.ts';
import { operations } from './cases/operations.ts';
import { httpTasks } from './cases/http-tasks.ts';
import { inlineTasks } from './cases/inline.ts';
import { jq } from './cases/jq.ts';
import { metadata } from './cases/metadata.ts';
import { queues } from './cases/queues.ts';
import { requests } from './cases/requests.ts';
import { retries } from './cases/retries.ts';
import { searches } from './cases/search.ts';
import { signals } from './cases/signals.ts';
import { switches } from './cases/switch.ts';
import { systemTasks } from './cases/system-tasks.ts';
import { timeouts } from './cases/timeouts.ts';
import { workers } from './cases/workers.ts';
import { runCase } from './run-case.ts';
import { useHttpTarget } from './http-target.ts';
import { testedServers } from './servers.ts';

/** The slow ones first: cases run side by side. */
const table = {
  timeouts,
  execute,
  retries,
  workers,
  httpTasks,
  operations,
  signals,
  bulk,
  searches,
  queues,
  systemTasks,
  inlineTasks,
  jq,
  switches,
  expressions,
  correlation,
  metadata,
  definitions,
  requests,
};

const target = useHttpTarget();

for (const server of testedServers()) {
  describe.concurrent(`on ${server.name}`, () => {
    for (const [group, cases] of Object.entries(table)) {
      for (const one of cases)
        test(`${group}: ${one.name}`, { timeout: 60_000 }, () => runCase(server.url(), one, target.url()));
    }
  });
}
