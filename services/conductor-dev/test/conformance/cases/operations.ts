import type { Case } from '../types.ts';
import { get, inline, post, put, remove, simple, system, taskDef, workflow } from '../types.ts';

const done = (outputData: object = {}) => ({ status: 'COMPLETED', outputData });
const work = (task: string, reply: { status: string }) => ({ do: 'work' as const, task: `@@${task}`, reply });
const start = { do: 'start' as const, input: { n: 1 } };
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

/** What can be done to a workflow that is there, but for running it again. */
export const operations: Case[] = [
  {
    name: 'a paused workflow gives its tasks to workers and takes their results, but does not go on',
    ...flow,
    steps: [
      { ...start, correlationId: '@@c' },
      put('/workflow/{id}/pause', 200, ''),
      put('/workflow/{id}/pause', 200, ''),
      get('/workflow/{id}/status', 200, { status: 'PAUSED' }),
      get('/workflow/@@flow/correlated/@@c', 200, []),
      get('/workflow/@@flow/correlated/@@c?includeClosed=true', 200, [{ status: 'PAUSED' }]),
      work('work', done({ n: 1 })),
      put('/workflow/decide/{id}', 200, ''),
      { do: 'expect', status: 'PAUSED', tasks: [['work', 'COMPLETED', { executed: false, outputData: { n: 1 } }]] },
      put('/workflow/{id}/resume', 200, ''),
      {
        do: 'expect',
        status: 'RUNNING',
        tasks: [
          ['work', 'COMPLETED', { executed: true }],
          ['mid', 'COMPLETED', { outputData: { result: 2 } }],
          ['two', 'SCHEDULED', { inputData: { m: 2 } }],
        ],
      },
      work('two', done({ q: 2 })),
      { do: 'expect', status: 'COMPLETED', output: { q: 2 } },
    ],
  },
  {
    name: 'a paused workflow can be terminated',
    ...flow,
    steps: [
      start,
      put('/workflow/{id}/pause', 200, ''),
      remove('/workflow/{id}?reason=enough', 200, ''),
      { do: 'expect', status: 'TERMINATED', reason: 'enough', tasks: [['work', 'CANCELED']] },
      get('/tasks/poll/batch/@@work?workerid=w', 200, []),
    ],
  },
  {
    name: 'what cannot be done to a workflow that is paused',
    ...flow,
    steps: [
      start,
      put('/workflow/{id}/pause', 200),
      post('/workflow/{id}/retry', undefined, 404, { message: 'Workflow is still running.  status=PAUSED' }),
      post('/workflow/{id}/restart', undefined, 409, {
        message: 'Workflow: @@flow.1/<id>.PAUSED is not in terminal state, unable to restart.',
      }),
      post('/workflow/{id}/rerun', {}, 409, {
        message: 'Workflow: @@flow.1/<id>.PAUSED is not in terminal state, unable to rerun.',
      }),
      put('/workflow/{id}/skiptask/two', 500, {
        message: 'The workflow <id> is not running so the task referenced by two cannot be skipped',
      }),
    ],
  },
  {
    name: 'what cannot be done to a workflow that runs',
    ...flow,
    steps: [
      start,
      put('/workflow/{id}/resume', 500, {
        message: 'The workflow <id> is not PAUSED so cannot resume. Current status is RUNNING',
      }),
      post('/workflow/{id}/retry', undefined, 404, { message: 'Workflow is still running.  status=RUNNING' }),
      post('/workflow/{id}/restart', undefined, 409),
      post('/workflow/{id}/rerun', {}, 409),
      remove('/workflow/{id}/remove', 400, { message: 'Cannot archive workflow: <id> with status: RUNNING' }),
    ],
  },
  {
    name: 'what cannot be done to a workflow that has completed',
    workflows: [workflow([system('SET_VARIABLE', 'set', { a: 1 })])],
    steps: [
      start,
      put('/workflow/{id}/pause', 409, { message: 'Workflow @@flow.1/<id> has ended, status cannot be updated.' }),
      put('/workflow/{id}/resume', 500, {
        message: 'The workflow <id> is not PAUSED so cannot resume. Current status is COMPLETED',
      }),
      post('/workflow/{id}/retry', undefined, 409, {
        message: 'There are no retryable tasks! Use restart if you want to attempt entire workflow execution again.',
      }),
      post('/workflow/{id}/resetcallbacks', undefined, 409, {
        message: 'Workflow is in terminal state. Status = COMPLETED',
      }),
      put('/workflow/{id}/skiptask/set', 500),
      remove('/workflow/{id}', 409, { message: 'Cannot terminate a COMPLETED workflow.' }),
      remove('/workflow/{id}/terminate-remove', 409, { message: 'Cannot terminate a COMPLETED workflow.' }),
      put('/workflow/decide/{id}', 200, ''),
    ],
  },
  {
    name: 'what cannot be done to a workflow that is not there',
    steps: [
      ...['PUT pause', 'PUT resume', 'POST retry', 'POST restart', 'POST resetcallbacks', 'PUT skiptask/x'].map(
        (operation) => {
          const [method = '', path = ''] = operation.split(' ');
          const answer = { status: 404, message: 'No such workflow found by id: @@none', retryable: false };
          return get(`/workflow/@@none/${path}`, 404, answer, { method: method as 'PUT' | 'POST' });
        },
      ),
      post('/workflow/@@none/rerun', {}, 404, { message: 'No such workflow found by id: @@none' }),
      put('/workflow/decide/@@none', 404),
      get('/workflow/@@none/tasks', 404),
      remove('/workflow/@@none/remove', 404),
      remove('/workflow/@@none/terminate-remove', 404),
    ],
  },
  {
    name: 'a task that is skipped is passed over',
    ...flow,
    steps: [
      start,
      put('/workflow/{id}/skiptask/mid', 200, ''),
      work('work', done({ n: 1 })),
      {
        do: 'expect',
        status: 'RUNNING',
        tasks: [
          ['mid', 'SKIPPED', { seq: 0, taskType: 'mid', inputData: {}, outputData: {} }],
          ['work', 'COMPLETED', { seq: 1 }],
          ['two', 'SCHEDULED', { seq: 2, inputData: { m: null } }],
        ],
      },
      work('two', done()),
      { do: 'expect', status: 'COMPLETED' },
    ],
  },
  {
    name: 'the last tasks can be skipped too',
    ...flow,
    steps: [
      start,
      put('/workflow/{id}/skiptask/mid', 200),
      put('/workflow/{id}/skiptask/two', 200),
      work('work', done({ n: 1 })),
      { do: 'expect', status: 'COMPLETED', output: { n: 1 } },
    ],
  },
  {
    name: 'tasks that cannot be skipped',
    ...flow,
    steps: [
      start,
      put('/workflow/{id}/skiptask/none', 500, {
        message: 'The task referenced by none does not exist in the WorkflowDefinition @@flow',
      }),
      put('/workflow/{id}/skiptask/work', 500, {
        message: 'The task referenced work has already been processed, cannot be skipped',
      }),
    ],
  },
  {
    name: 'a callback that is reset lets a worker have the task at once',
    ...flow,
    steps: [
      start,
      work('work', { status: 'IN_PROGRESS', callbackAfterSeconds: 600 } as { status: string }),
      get('/tasks/poll/batch/@@work?workerid=w', 200, []),
      post('/workflow/{id}/resetcallbacks', undefined, 204, ''),
      { do: 'expect', status: 'RUNNING', tasks: [['work', 'SCHEDULED', { callbackAfterSeconds: 0 }]] },
      work('work', done()),
    ],
  },
  {
    name: 'terminate and remove',
    ...flow,
    steps: [
      start,
      remove('/workflow/{id}/terminate-remove?reason=over', 200, ''),
      get('/workflow/{id}', 404),
      start,
      remove('/workflow/{id}/remove?archiveWorkflow=false', 200, ''),
      get('/workflow/{id}', 404),
      start,
      remove('/workflow/{id}', 200),
      remove('/workflow/{id}/remove', 200, ''),
      get('/workflow/{id}', 404),
    ],
  },
  {
    name: 'the tasks of a workflow, some at a time',
    ...flow,
    steps: [
      start,
      work('work', done({ n: 1 })),
      get('/workflow/{id}/tasks', 200, {
        totalHits: 3,
        results: [{ referenceTaskName: 'work' }, { referenceTaskName: 'mid' }, { referenceTaskName: 'two' }],
      }),
      get('/workflow/{id}/tasks?start=1&count=1', 200, { totalHits: 3, results: [{ referenceTaskName: 'mid' }] }),
      get('/workflow/{id}/tasks?status=SCHEDULED', 200, { totalHits: 1, results: [{ referenceTaskName: 'two' }] }),
      get('/workflow/{id}/tasks?status=FAILED', 200, { totalHits: 0, results: [] }),
      get('/workflow/{id}/tasks?count=0', 200, { totalHits: 3, results: [] }),
      get('/workflow/{id}/tasks?start=x', 500),
    ],
  },
];
