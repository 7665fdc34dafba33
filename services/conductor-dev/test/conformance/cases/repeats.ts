import type { Case } from '../types.ts';
import { get, inline, post, remove, simple, system, taskDef, workflow } from '../types.ts';

const done = (outputData: object = {}) => ({ status: 'COMPLETED', outputData });
const failed = { status: 'FAILED', reasonForIncompletion: 'no', outputData: { bad: 1 } };
const work = (task: string, reply: { status: string }) => ({ do: 'work' as const, task: `@@${task}`, reply });
const start = { do: 'start' as const, input: { n: 1 } };
const keepTask = (position: number) => get('/workflow/{id}', 200, {}, { keep: ['task', `tasks.${position}.taskId`] });
/** A worker, an expression over its output, another worker. */
const flow = {
  taskDefs: [taskDef('work'), taskDef('two')],
  workflows: [
    workflow([
      simple('work'),
      inline('mid', '$.n + 1', { n: '${work.output.n}' }),
      simple('two', { inputParameters: { m: '${mid.output.result}' } }),
    ]),
  ],
};

/** Workflows that have ended and run again: retried, restarted, rerun. */
export const repeats: Case[] = [
  {
    name: 'a retry gives the task that failed another attempt',
    ...flow,
    steps: [
      start,
      work('work', failed),
      { do: 'expect', status: 'FAILED', output: { bad: 1 } },
      post('/workflow/{id}/retry', undefined, 204, ''),
      {
        do: 'expect',
        status: 'RUNNING',
        tasks: [
          ['work', 'FAILED', { retried: true, executed: true, reasonForIncompletion: 'no' }],
          ['work', 'SCHEDULED', { retryCount: 1, seq: 2, retriedTaskId: '<id>', outputData: {} }],
        ],
      },
      get('/workflow/{id}', 200, { failedReferenceTaskNames: ['work'], failedTaskNames: ['@@work'] }),
      work('work', done({ n: 4 })),
      work('two', done()),
      { do: 'expect', status: 'COMPLETED' },
      get('/workflow/{id}', 200, { failedReferenceTaskNames: ['work'] }),
    ],
  },
  {
    name: 'a retry after a failure that is final, and after a second one',
    ...flow,
    steps: [
      start,
      work('work', { status: 'FAILED_WITH_TERMINAL_ERROR' }),
      { do: 'expect', status: 'FAILED' },
      post('/workflow/{id}/retry?resumeSubworkflowTasks=true', undefined, 204),
      work('work', failed),
      { do: 'expect', status: 'FAILED' },
      post('/workflow/{id}/retry', undefined, 204),
      {
        do: 'expect',
        status: 'RUNNING',
        tasks: [
          ['work', 'FAILED_WITH_TERMINAL_ERROR', { retried: true }],
          ['work', 'FAILED', { retried: true, retryCount: 1 }],
          ['work', 'SCHEDULED', { retried: false, retryCount: 2 }],
        ],
      },
    ],
  },
  {
    name: 'a retry of a workflow that was terminated goes on where it stood',
    ...flow,
    steps: [
      start,
      work('work', done({ n: 1 })),
      remove('/workflow/{id}', 200),
      post('/workflow/{id}/retry', undefined, 204),
      {
        do: 'expect',
        status: 'RUNNING',
        tasks: [
          ['work', 'COMPLETED'],
          ['mid', 'COMPLETED'],
          ['two', 'CANCELED', { retried: true }],
          ['two', 'SCHEDULED', { retryCount: 1, inputData: { m: 2 } }],
        ],
      },
      work('two', done({ q: 1 })),
      { do: 'expect', status: 'COMPLETED', output: { q: 1 } },
    ],
  },
  {
    name: 'a workflow that its TERMINATE task failed has nothing to retry',
    workflows: [workflow([system('TERMINATE', 'stop', { terminationStatus: 'FAILED' })])],
    steps: [start, { do: 'expect', status: 'FAILED' }, post('/workflow/{id}/retry', undefined, 409)],
  },
  {
    name: 'a restart begins anew under the same id',
    ...flow,
    steps: [
      start,
      work('work', failed),
      { do: 'expect', status: 'FAILED' },
      post('/workflow/{id}/restart', undefined, 204, ''),
      {
        do: 'expect',
        status: 'RUNNING',
        input: { n: 1 },
        output: {},
        tasks: [['work', 'SCHEDULED', { retryCount: 0, seq: 1 }]],
      },
      get('/workflow/{id}', 200, { endTime: 0, failedReferenceTaskNames: ['work'] }),
      work('work', done({ n: 1 })),
      work('two', done({ q: 3 })),
      { do: 'expect', status: 'COMPLETED', output: { q: 3 } },
    ],
  },
  {
    name: 'a restart runs the definition it had, or the latest',
    workflows: [workflow([inline('it', '1')])],
    steps: [
      start,
      post('/metadata/workflow', workflow([inline('other', '2')], { version: 2 }), 200),
      post('/workflow/{id}/restart', undefined, 204),
      { do: 'expect', status: 'COMPLETED', output: { result: 1 } },
      post('/workflow/{id}/restart?useLatestDefinitions=true', undefined, 204),
      { do: 'expect', status: 'COMPLETED', output: { result: 2 }, tasks: [['other', 'COMPLETED']] },
      get('/workflow/{id}', 200, { workflowVersion: 2 }),
      remove('/metadata/workflow/@@flow/1', 200),
      remove('/metadata/workflow/@@flow/2', 200),
      post('/workflow/{id}/restart', undefined, 204),
      post('/workflow/{id}/restart?useLatestDefinitions=true', undefined, 404, {
        message: 'Unable to find latest definition for <id>',
      }),
    ],
  },
  {
    name: 'a workflow that is not restartable can still be rerun',
    workflows: [workflow([inline('it', '1')], { restartable: false })],
    steps: [
      start,
      post('/workflow/{id}/restart', undefined, 404, {
        message: 'Workflow: @@flow.1/<id>.COMPLETED is non-restartable',
      }),
      post('/workflow/{id}/rerun', {}, 200, '<id>'),
      { do: 'expect', status: 'COMPLETED', output: { result: 1 } },
    ],
  },
  {
    name: 'a rerun from a task forgets what came after it',
    ...flow,
    steps: [
      start,
      work('work', done({ n: 1 })),
      work('two', failed),
      { do: 'expect', status: 'FAILED' },
      keepTask(2),
      post(
        '/workflow/{id}/rerun',
        { reRunFromTaskId: '{task}', taskInput: { m: 9 }, workflowInput: { w: 1 }, correlationId: '@@c' },
        200,
        '<id>',
      ),
      {
        do: 'expect',
        status: 'RUNNING',
        input: { w: 1 },
        tasks: [
          ['work', 'COMPLETED'],
          ['mid', 'COMPLETED'],
          ['two', 'SCHEDULED', { seq: 3, retryCount: 0, pollCount: 0, inputData: { m: 9 }, outputData: {} }],
        ],
      },
      get('/workflow/{id}', 200, { correlationId: '@@c', failedReferenceTaskNames: [] }),
      work('two', done()),
      { do: 'expect', status: 'COMPLETED' },
      keepTask(0),
      post('/workflow/{id}/rerun', { reRunFromTaskId: '{task}' }, 200),
      { do: 'expect', status: 'RUNNING', tasks: [['work', 'SCHEDULED', { outputData: {} }]] },
    ],
  },
  {
    name: 'a rerun from a task without a worker runs it with the input given',
    ...flow,
    steps: [
      start,
      work('work', done({ n: 1 })),
      remove('/workflow/{id}', 200),
      keepTask(1),
      post(
        '/workflow/{id}/rerun',
        { reRunFromTaskId: '{task}', taskInput: { evaluatorType: 'javascript', expression: '$.n + 5', n: 10 } },
        200,
      ),
      {
        do: 'expect',
        status: 'RUNNING',
        eventually: true,
        tasks: [
          ['work', 'COMPLETED'],
          ['mid', 'COMPLETED', { outputData: { result: 15 } }],
          ['two', 'SCHEDULED', { inputData: { m: 15 } }],
        ],
      },
    ],
  },
  {
    name: 'a rerun of the whole, with another input',
    ...flow,
    steps: [
      start,
      work('work', failed),
      { do: 'expect', status: 'FAILED' },
      post('/workflow/{id}/rerun', { workflowInput: { fresh: 1 } }, 200, '<id>'),
      { do: 'expect', status: 'RUNNING', input: { fresh: 1 }, tasks: [['work', 'SCHEDULED', { retryCount: 0 }]] },
    ],
  },
  {
    name: 'reruns that cannot be',
    ...flow,
    steps: [
      start,
      remove('/workflow/{id}', 200),
      post('/workflow/{id}/rerun', { reRunFromTaskId: '@@none' }, 400, { message: 'Task @@none not found' }),
      post('/workflow/{id}/rerun', undefined, 500),
      post('/workflow/{id}/rerun', [], 500),
    ],
  },
];
