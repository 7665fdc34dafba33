import { waitFor } from '@rostrum/testkit';
import { afterEach, describe, expect, test } from 'vitest';
import { DefinitionStore } from '../definitions/store.ts';
import { Engine } from './engine.ts';
import type { HttpCaller, HttpResponse } from './http-task.ts';
import { rerunWorkflow } from './repeat-workflow.ts';
import type { ScriptRunner } from './scripts.ts';

const engines: Engine[] = [];
afterEach(() => {
  for (const engine of engines.splice(0)) engine.close();
});

/** An engine whose scripts are run by `run`, and a way to start a workflow of these tasks. */
async function setUp(
  tasks: object[],
  {
    run = async () => null,
    keepEnded = 10,
    call = () => Promise.reject(new Error('no HTTP here')),
  }: { run?: ScriptRunner['run']; keepEnded?: number; call?: HttpCaller['call'] } = {},
) {
  const scripts: ScriptRunner = { run, check: async () => undefined, close: async () => {} };
  const definitions = new DefinitionStore(scripts.check);
  const engine = new Engine({
    scripts,
    jq: { run: async () => [], close: async () => {} },
    http: { call, close: async () => {} },
    definitions,
    describe: () => ({}),
    limits: { keepEnded, maxRunning: 10_000 },
    onError: (error) => expect.unreachable(String(error)),
  });
  engines.push(engine);
  await definitions.createWorkflow({ name: 'flow', tasks }, false);
  const start = (correlationId?: string) =>
    engine.start(definitions.plan('flow', undefined), { input: {}, correlationId, priority: 0, createdBy: undefined });
  return { engine, definitions, start };
}
const set = { name: 'set', taskReferenceName: 'set', type: 'SET_VARIABLE', inputParameters: { a: 1 } };
const inline = { name: 'it', taskReferenceName: 'it', type: 'INLINE', inputParameters: { expression: 'x' } };
const http = {
  name: 'call',
  taskReferenceName: 'call',
  type: 'HTTP',
  inputParameters: { uri: 'http://a.example/', method: 'GET' },
};
const subWorkflow = {
  ...{ name: 'sub', taskReferenceName: 'sub', type: 'SUB_WORKFLOW' },
  subWorkflowParam: { name: 'flow', version: 1 },
};
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

  test('the answer to a request of an earlier run is not taken for one of the next', async () => {
    const answers: ((response: HttpResponse) => void)[] = [];
    const { engine, start } = await setUp([http], {
      call: () => new Promise((resolve) => void answers.push(resolve)),
    });
    const workflow = await start();
    await waitFor(() => answers.length === 1);
    engine.terminate(workflow.workflowId, 'enough');
    const taskId = workflow.tasks[0]?.taskId;
    const rerun = { taskId, taskInput: undefined, workflowInput: undefined, correlationId: undefined };
    await rerunWorkflow(engine, workflow, rerun);
    await waitFor(() => answers.length === 2);
    answers[0]?.({ status: 200, headers: {}, body: '"first"' });
    answers[1]?.({ status: 200, headers: {}, body: '"second"' });
    await waitFor(() => workflow.status === 'COMPLETED');
    expect(workflow.output).toMatchObject({ response: { body: 'second' } });
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

  test('workflows that start each other without end leave room for everything else', async () => {
    const { engine, start } = await setUp([subWorkflow]);
    const workflow = await start();
    let turns = 0;
    await waitFor(() => (turns += 1) > 3);
    engine.terminate(workflow.workflowId, 'enough');
    const child = engine.workflow(workflow.tasks[0]?.subWorkflowId ?? '');
    await waitFor(() => child.status === 'TERMINATED');
    expect(child.reasonForIncompletion).toBe('Parent workflow has been terminated with reason: enough');
  });

  test('a workflow learns of the end of one it has started, although ended ones are not kept', async () => {
    const { engine, definitions } = await setUp([set], { keepEnded: 0 });
    await definitions.createWorkflow({ name: 'outer', tasks: [subWorkflow, human] }, false);
    const outer = await engine.start(definitions.plan('outer', undefined), {
      ...{ input: {}, correlationId: undefined, priority: 0, createdBy: undefined },
    });
    await waitFor(() => outer.tasks.length > 1);
    expect(outer.tasks.map(({ status }) => status)).toEqual(['COMPLETED', 'IN_PROGRESS']);
  });

  test('rounds that a loop does not keep are forgotten', async () => {
    let round = 0;
    const loop = { name: 'loop', taskReferenceName: 'loop', type: 'DO_WHILE', inputParameters: { keepLastN: 1 } };
    const { engine, start } = await setUp([{ ...loop, loopOver: [inline], loopCondition: 'condition' }], {
      run: async ({ script }) => (script === 'condition' ? ++round < 50 : round),
    });
    const workflow = await start();
    expect(workflow.tasks.map(({ reference, seq }) => [reference, seq])).toEqual([
      ['loop', 1],
      ['it__50', 51],
    ]);
    expect(engine.findTask(workflow.tasks[1]?.taskId ?? '')).toBeDefined();
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
