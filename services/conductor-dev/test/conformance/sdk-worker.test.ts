import { noopLogger, orkesConductorClient, type Task, TaskManager } from '@io-orkes/conductor-javascript';
import { describe, expect, test } from 'vitest';
import { testedServers } from './servers.ts';

/**
 * The official JavaScript SDK against each server: it registers, starts, polls, fails once, is told to try again, says
 * that it is not done yet, and completes.
 */
for (const server of testedServers()) {
  describe(`the official SDK's worker on ${server.name}`, () => {
    test('polls, retries, comes back and completes', { timeout: 60_000 }, async () => {
      const name = `sdk_${Date.now().toString(36)}`;
      // The SDK takes the address from here and without keys asks for no token.
      const client = await orkesConductorClient({ serverUrl: server.url(), useEnvVars: false, logger: noopLogger });
      const { metadataResource, workflowResource } = client;
      await metadataResource.registerTaskDef([
        { name, retryCount: 1, retryDelaySeconds: 0, totalTimeoutSeconds: 0, timeoutSeconds: 0 },
      ]);
      await metadataResource.update([
        {
          name,
          version: 1,
          timeoutSeconds: 0,
          tasks: [
            { name, taskReferenceName: 'work', type: 'SIMPLE', inputParameters: { n: '${workflow.input.n}' } },
            {
              name: 'sum',
              taskReferenceName: 'sum',
              type: 'INLINE',
              inputParameters: { evaluatorType: 'javascript', expression: '$.n * 2', n: '${work.output.n}' },
            },
          ],
        },
      ]);
      const seen: (Task & { pollCount?: number })[] = [];
      const execute = async (task: Task) => {
        seen.push(task);
        if (seen.length === 1) throw new Error('not the first time');
        if (seen.length === 2)
          return { status: 'IN_PROGRESS' as const, callbackAfterSeconds: 0, outputData: { half: true } };
        return { status: 'COMPLETED' as const, outputData: { n: Number(task.inputData?.n) + 1 } };
      };
      const worker = { taskDefName: name, execute, pollInterval: 20 };
      const manager = new TaskManager(client, [worker], {
        logger: noopLogger,
        options: { workerID: 'sdk', pollInterval: 20 },
      });
      manager.startPolling();
      try {
        const run = await workflowResource.executeWorkflow(
          { name, version: 1, input: { n: 20 } },
          name,
          1,
          'r1',
          undefined,
          20,
        );
        expect(run).toMatchObject({ status: 'COMPLETED', output: { result: 42 } });
        expect(seen.map((task) => [task.inputData?.n, task.retryCount, task.pollCount])).toEqual([
          [20, 0, 1],
          [20, 1, 1],
          [20, 1, 2],
        ]);
        const { tasks } = await workflowResource.getExecutionStatus(String(run.workflowId), true);
        expect(tasks?.map((task) => [task.referenceTaskName, task.status, task.reasonForIncompletion])).toEqual([
          ['work', 'FAILED', 'not the first time'],
          ['work', 'COMPLETED', undefined],
          ['sum', 'COMPLETED', undefined],
        ]);
      } finally {
        await manager.stopPolling();
      }
    });
  });
}
