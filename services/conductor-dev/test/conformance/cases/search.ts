import type { Case, Http } from '../types.ts';
import { get, post, simple, system, taskDef, workflow } from '../types.ts';

/** The index of a real server may be written a moment after the workflow. */
const found = (query: object, answer: object, path = '/workflow/search'): Http =>
  get(
    `${path}?${new URLSearchParams(query as Record<string, string>).toString()}`
      .replaceAll('%40%40', '@@')
      .replace(/%7B(\w+)%7D/g, '{$1}'),
    200,
    answer,
    {
      eventually: true,
    },
  );
const refused = (query: object, status: number, answer: object): Http => ({ ...found(query, answer), status });
const ids = (...names: string[]) => ({
  totalHits: names.length,
  results: names.map((name) => ({ correlationId: `@@${name}` })),
});
const begin = (name: string, of = 'flow', input: object = {}) =>
  post('/workflow', { name: `@@${of}`, correlationId: `@@${name}`, input }, 200, undefined, { keep: [name, ''] });
const workflows = [
  workflow([system('HUMAN', 'ask')]),
  workflow([system('SET_VARIABLE', 'set', { a: 1 })], { name: '@@other' }),
];
/** Lets some milliseconds pass: what starts at the same time has no order. */
const later = get('/tasks/poll/batch/@@nothing?workerid=w&timeout=20', 200, []);
/** Two that run, one that has completed, in that order. */
const three = [begin('a', 'flow', { fruit: 'Mango' }), later, begin('b'), later, begin('c', 'other')];
const both = 'workflowType IN (@@flow,@@other)';

export const searches: Case[] = [
  {
    name: 'a summary of a workflow',
    why: 'times and what depends on them are not compared',
    workflows,
    steps: [
      post(
        '/workflow',
        { name: '@@other', correlationId: '@@c', input: { a: 1, b: [null, 'x'] }, priority: 4 },
        200,
        undefined,
        {
          keep: ['a', ''],
        },
      ),
      found(
        { query: 'workflowId={a}' },
        {
          totalHits: 1,
          results: [
            {
              ...{ workflowType: '@@other', version: 1, workflowId: '<id>', correlationId: '@@c', status: 'COMPLETED' },
              ...{ input: '{a=1, b=[null, x]}', output: '{}', failedReferenceTaskNames: '', failedTaskNames: [] },
              ...{ priority: 4, taskToDomain: {}, inputSize: 18, outputSize: 2 },
            },
          ],
        },
      ),
      found(
        { query: 'workflowId={a}' },
        { results: [{ input: { a: 1 }, status: 'COMPLETED', tasks: [] }] },
        '/workflow/search-v2',
      ),
    ],
  },
  {
    name: 'searches by type, status and correlation id',
    workflows,
    steps: [
      ...three,
      found({ query: 'workflowType=@@flow', sort: 'startTime:ASC' }, ids('a', 'b')),
      found({ query: "workflowType='@@other'" }, ids('c')),
      found({ query: `${both} AND status=COMPLETED` }, ids('c')),
      found({ query: `status IN (COMPLETED,RUNNING) AND ${both}`, sort: 'startTime:ASC' }, ids('a', 'b', 'c')),
      found({ query: 'status=completed AND workflowType=@@other' }, ids()),
      found({ query: 'correlationId=@@b' }, ids('b')),
      found({ query: 'workflowType=@@*', sort: 'startTime:ASC' }, ids('a', 'b', 'c')),
    ],
  },
  {
    name: 'searches by time',
    why: 'the real server compares whole seconds: the times asked for are far away',
    workflows,
    steps: [
      ...three,
      found({ query: 'workflowType=@@flow AND startTime>1000000000000', sort: 'startTime:ASC' }, ids('a', 'b')),
      found({ query: 'workflowType=@@flow AND startTime<1000000000000' }, ids()),
      found({ query: 'workflowType=@@flow AND startTime<9000000000000', sort: 'startTime:ASC' }, ids('a', 'b')),
      found({ query: 'workflowType=@@flow AND updateTime>9000000000000' }, ids()),
    ],
  },
  {
    name: 'searches for text',
    workflows,
    steps: [
      ...three,
      found({ freeText: 'mango', query: 'workflowType=@@flow' }, ids('a')),
      found({ freeText: '@@OTHER' }, ids('c')),
      found({ freeText: '*', query: 'workflowType=@@other' }, ids('c')),
    ],
  },
  {
    name: 'pages and orders',
    workflows,
    steps: [
      ...three,
      found({ query: both, sort: 'startTime:DESC' }, ids('c', 'b', 'a')),
      found({ query: both, sort: 'workflowType:DESC|startTime:ASC' }, ids('c', 'a', 'b')),
      found(
        { query: both, sort: 'startTime:ASC', start: 1, size: 1 },
        { totalHits: 3, results: [{ correlationId: '@@b' }] },
      ),
      found({ query: both, start: 5, size: 1 }, { totalHits: 3, results: [] }),
      found({ query: both, size: 0 }, { totalHits: 3, results: [] }),
      found({ query: both, sort: 'startTime:ASC', size: -1 }, ids('a', 'b', 'c')),
    ],
  },
  {
    name: 'what a search cannot read',
    steps: [
      refused({ query: 'gibberish' }, 400, { message: 'Incorrectly formatted query string: gibberish' }),
      refused({ query: 'workflowType != @@x' }, 400, {
        message: 'Incorrectly formatted query string: workflowType != @@x',
      }),
      refused({ query: 'startTime<yesterday' }, 500, { message: 'For input string: "yesterday"' }),
      refused({ size: 6000 }, 400, {
        validationErrors: [
          {
            path: 'searchWorkflows.arg1',
            message: 'Cannot return more than 5000 workflows. Please use pagination.',
          },
        ],
      }),
      refused({ size: 'many' }, 500, { status: 500 }),
      found({ query: 'nothing=1 AND workflowType=@@none' }, ids()),
    ],
  },
  {
    name: 'searches by tasks that have ended',
    why: 'times are not compared',
    taskDefs: [taskDef('work')],
    workflows: [workflow([simple('work', { inputParameters: { n: 1 } })])],
    steps: [
      { do: 'start', correlationId: '@@done' },
      { do: 'work', task: '@@work', as: 'task', reply: { status: 'COMPLETED', outputData: { z: 2 } } },
      { do: 'expect', status: 'COMPLETED' },
      { do: 'start', correlationId: '@@open' },
      found(
        { query: 'taskType=@@work' },
        {
          totalHits: 1,
          results: [
            {
              ...{ workflowId: '<id>', workflowType: '@@flow', correlationId: '@@done', status: 'COMPLETED' },
              ...{ taskDefName: '@@work', taskType: '@@work', input: '{n=1}', output: '{z=2}', taskId: '<id>' },
            },
          ],
        },
        '/tasks/search',
      ),
      found({ query: 'taskType=@@work' }, { results: [{ outputData: { z: 2 } }] }, '/tasks/search-v2'),
      found({ query: 'taskId={task}' }, ids('done'), '/workflow/search-by-tasks'),
      found({ query: 'taskType=@@work' }, ids('done'), '/workflow/search-by-tasks-v2'),
      get('/tasks/search?query=workflowId=x', 500),
    ],
  },
  {
    name: 'the ids of what runs',
    why: 'the real server sorts them by id, which is not known before: one at a time',
    workflows,
    steps: [
      get('/workflow/running/@@flow', 200, []),
      begin('a'),
      get('/workflow/running/@@flow', 200, ['<id>']),
      get('/workflow/running/@@flow?version=7', 200, ['<id>']),
      begin('c', 'other'),
      get('/workflow/running/@@other', 200, []),
      get('/workflow/running/@@other?startTime=1000000000000&endTime=9000000000000', 200, ['<id>']),
      get('/workflow/running/@@other?startTime=1&endTime=2', 200, []),
      get('/workflow/running/@@flow?startTime=x', 500),
    ],
  },
  {
    name: 'several correlation ids at once',
    workflows,
    steps: [
      begin('a'),
      begin('c', 'other'),
      post('/workflow/@@flow/correlated', ['@@a', '@@c'], 200, {
        '@@a': [{ status: 'RUNNING', tasks: [] }],
        '@@c': [],
      }),
      post('/workflow/@@other/correlated', ['@@c'], 200, { '@@c': [] }),
      post('/workflow/@@other/correlated?includeClosed=true&includeTasks=true', ['@@c'], 200, {
        '@@c': [{ status: 'COMPLETED', tasks: [{ referenceTaskName: 'set' }] }],
      }),
      post('/workflow/@@flow/correlated', {}, 500),
    ],
  },
];
