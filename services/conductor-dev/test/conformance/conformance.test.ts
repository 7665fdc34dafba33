import { describe, test } from 'vitest';
import { runCase } from './run-case.ts';
import { useHttpTarget } from './http-target.ts';
import { testedServers } from './servers.ts';
import { table } from './table.ts';

const target = useHttpTarget();

for (const server of testedServers()) {
  describe.concurrent(`on ${server.name}`, () => {
    for (const [group, cases] of Object.entries(table)) {
      for (const one of cases)
        test(`${group}: ${one.name}`, { timeout: 120_000 }, () => runCase(server, one, target.url()));
    }
  });
}
