import { waitFor } from '@rostrum/testkit';
import { afterEach, describe, expect, test } from 'vitest';
import { DefinitionStore } from '../definitions/store.ts';
import { Engine } from './engine.ts';
import type { ScriptRunner } from './scripts.ts';

const engines: Engine[] = [];
afterEach(() => {
  for (const engine of engines.splice(0)) engine.close();
});

/** An engine whose scripts are run by `run`, and a way to start a workflow of these tasks. */
async function setUp(
  tasks: object[],
  { run = async () => null, keepEnded = 10 }: { run?: ScriptRunner['run']; keepEnded?: number } = {},
) {
  const scripts: ScriptRunner = { run, check: async () => undefined, close: async () => {} };
  const definitions = new DefinitionStore(scripts.check);
  const onError = (error: unknown) => expect.unreachable(String(error));
  const engine = new Engine({ scripts, definitions, describe: () => ({}), keepEnded, onError });
  engines.push(engine);
  await definitions.createWorkflow({ name: 'flow', tasks }, false);
  const start = (correlationId?: string) =>
    engine.start(definitions.plan('flow', undefined), { input: {}, correlationId, priority: 0, createdBy: undefined });
  return { engine, start };
}
const set = { name: 'set', taskReferenceName: 'set', type: 'SET_VARIABLE', inputParameters: { a: 1 } };
const inline = { name: 'it', taskReferenceName: 'it', type: 'INLINE', inputParameters: { expression: 'x' } };
const human = { name: 'ask', taskReferenceName: 'ask', type: 'HUMAN' };

describe('the engine', () => {
  test('keeps the last workflows that have ended, and every one that runs', async () => {
    const { engine, start } = await setUp([set], { keepEnded: 2 });
    const started = [await start('c'), await start('c'), await start('c')];
    expect(() => engine.workflow(started[0]?.workflowId ?? '')).toThrow('No such workflow found by id');
    expect(engine.findTask(started[0]?.tasks[0]?.taskId ?? '')).toBeUndefined();
    expect(engine.correlated('flow', 'c', true)).toEqual(started.slice(1));

    const running = await setUp([human], { keepEnded: 0 });
    const open = [await running.start('c'), await running.start('c')];
    expect(running.engine.correlated('flow', 'c', true)).toEqual(open);
    running.engine.terminate(open[0]?.workflowId ?? '', 'over');
    expect(running.engine.correlated('flow', 'c', true)).toEqual(open.slice(1));
  });

  test('a workflow that waits for a person holds no timer', async () => {
    const { engine, start } = await setUp([human]);
    await start();
    expect(engine.timers.size).toBe(0);
  });

  test('a workflow terminated while its script runs stays terminated', async () => {
    let finish: (value: unknown) => void = () => {};
    const running = new Promise((resolve) => {
      finish = resolve;
    });
    const { engine, start } = await setUp([inline, set], { run: () => running });
    const starting = start('c');
    const workflow = await waitFor(() => engine.correlated('flow', 'c', false).find(({ tasks }) => tasks.length > 0));
    engine.terminate(workflow.workflowId, 'enough');
    finish(7);
    await starting;
    expect(workflow).toMatchObject({ status: 'TERMINATED', reasonForIncompletion: 'enough', variables: {} });
    expect(workflow.tasks.map(({ reference, status, outputData }) => [reference, status, outputData])).toEqual([
      ['it', 'CANCELED', {}],
    ]);
  });

  test('a start that the sandbox cannot serve fails and leaves nothing behind', async () => {
    const { engine, start } = await setUp([inline], { run: () => Promise.reject(new Error('no processes')) });
    await expect(start('c')).rejects.toThrow('no processes');
    expect(engine.correlated('flow', 'c', true)).toEqual([]);
  });

  test('results that arrive together are taken one after the other', async () => {
    const { engine, start } = await setUp([human, { ...human, taskReferenceName: 'again' }]);
    const workflow = await start();
    const [task] = workflow.tasks;
    const result = (outputData: object) => ({
      workflowInstanceId: workflow.workflowId,
      taskId: task?.taskId ?? '',
      status: 'COMPLETED' as const,
      outputData: { ...outputData },
      reasonForIncompletion: undefined,
      workerId: undefined,
      callbackAfterSeconds: 0,
      logs: [],
    });
    await Promise.all([engine.updateTask(result({ first: true })), engine.updateTask(result({ second: true }))]);
    expect(workflow.tasks.map(({ status, outputData }) => [status, outputData])).toEqual([
      ['COMPLETED', { first: true }],
      ['IN_PROGRESS', {}],
    ]);
  });
});
