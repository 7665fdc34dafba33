import { describe, test } from 'vitest';
import { correlation } from './cases/correlation.ts';
import { loops } from './cases/do-while.ts';
import { dynamicTasks } from './cases/dynamic.ts';
import { execute } from './cases/execute.ts';
import { expressions } from './cases/expressions.ts';
import { failureWorkflows } from './cases/failure-workflow.ts';
import { forks } from './cases/fork-join.ts';
import { inlineTasks } from './cases/inline.ts';
import { metadata } from './cases/metadata.ts';
import { requests } from './cases/requests.ts';
import { retries } from './cases/retries.ts';
import { subWorkflows } from './cases/sub-workflow.ts';
import { switches } from './cases/switch.ts';
import { systemTasks } from './cases/system-tasks.ts';
import { timeouts } from './cases/timeouts.ts';
import { reservations } from './cases/reservations.ts';
import { workers } from './cases/workers.ts';
import { runCase } from './run-case.ts';
import { testedServers } from './servers.ts';

/** The slow ones first: cases run side by side. */
const table = {
  timeouts,
  execute,
  retries,
  workers,
  systemTasks,
  inlineTasks,
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
  requests,
};

for (const server of testedServers()) {
  describe.concurrent(`on ${server.name}`, () => {
    for (const [group, cases] of Object.entries(table)) {
      for (const one of cases) test(`${group}: ${one.name}`, { timeout: 60_000 }, () => runCase(server.url(), one));
    }
  });
}
