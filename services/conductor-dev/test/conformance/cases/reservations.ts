import type { Case, Step } from '../types.ts';
import { completes, simple, subWorkflow, taskDef, workflow } from '../types.ts';

const poll = (task: string, query: string, count: number): Step => ({
  do: 'http',
  path: `/tasks/poll/batch/@@${task}?count=5&timeout=500&workerid=w${query}`,
  status: 200,
  answer: Array.from({ length: count }, () => ({ taskType: `@@${task}` })),
});
const startWith = (taskToDomain: object, name = '@@flow'): Step => ({
  do: 'http',
  method: 'POST',
  path: '/workflow',
  body: { name, input: {}, taskToDomain },
  status: 200,
  keep: ['id', ''],
});
const isIn = (domain: string): Step => ({
  do: 'expect',
  status: 'RUNNING',
  tasks: [['a', 'SCHEDULED', { domain }]],
});
const stop: Step = { do: 'http', method: 'DELETE', path: '/workflow/{id}', status: 200 };
const flow = workflow([simple('a')]);

/** Which worker may have a task, and how many of it. */
export const reservations: Case[] = [
  {
    name: 'taskToDomain reserves a task for workers that poll with the domain',
    taskDefs: [taskDef('a'), taskDef('b')],
    workflows: [workflow([simple('a'), simple('b')])],
    steps: [
      startWith({ '@@a': 'mine' }),
      isIn('mine'),
      { do: 'http', path: '/workflow/{id}', status: 200, answer: { taskToDomain: { '@@a': 'mine' } } },
      poll('a', '', 0),
      poll('a', '&domain=other', 0),
      {
        do: 'http',
        path: '/tasks/poll/@@a?workerid=w&domain=mine',
        status: 200,
        answer: { domain: 'mine', status: 'IN_PROGRESS' },
        keep: ['task', 'taskId'],
      },
      {
        do: 'http',
        method: 'POST',
        path: '/tasks',
        body: { taskId: '{task}', workflowInstanceId: '{id}', status: 'COMPLETED' },
        status: 200,
      },
      completes('b'),
      {
        do: 'expect',
        status: 'COMPLETED',
        tasks: [
          ['a', 'COMPLETED', { domain: 'mine' }],
          ['b', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'a domain for all tasks, and one for a task of its own',
    taskDefs: [taskDef('a')],
    workflows: [flow],
    steps: [startWith({ '*': 'all' }), isIn('all'), stop, startWith({ '*': 'all', '@@a': 'mine' }), isIn('mine'), stop],
  },
  {
    name: 'of several domains the last, or the first that is polled; NO_DOMAIN is none',
    taskDefs: [taskDef('a')],
    workflows: [flow],
    steps: [
      startWith({ '@@a': 'one,two' }),
      isIn('two'),
      stop,
      startWith({ '@@a': 'one,NO_DOMAIN' }),
      poll('a', '', 1),
      stop,
      poll('a', '&domain=one', 0),
      startWith({ '@@a': 'one,two' }),
      isIn('one'),
      stop,
      startWith({ '@@a': 'other,NO_DOMAIN' }),
      poll('a', '', 1),
      stop,
    ],
  },
  {
    name: 'an update answers with the next task of the same domain',
    taskDefs: [taskDef('a')],
    workflows: [flow],
    steps: [
      startWith({ '*': 'mine' }),
      { do: 'http', path: '/tasks/poll/@@a?workerid=w&domain=mine', status: 200, keep: ['task', 'taskId'] },
      { do: 'http', method: 'POST', path: '/workflow', body: { name: '@@flow' }, status: 200, keep: ['plain', ''] },
      {
        do: 'http',
        method: 'POST',
        path: '/workflow',
        body: { name: '@@flow', taskToDomain: { '*': 'mine' } },
        status: 200,
        keep: ['second', ''],
      },
      {
        do: 'http',
        method: 'POST',
        path: '/tasks/update-v2',
        body: { taskId: '{task}', workflowInstanceId: '{id}', status: 'COMPLETED', workerId: 'w' },
        status: 200,
        answer: { domain: 'mine' },
      },
      { do: 'http', method: 'DELETE', path: '/workflow/{plain}', status: 200 },
      { do: 'http', method: 'DELETE', path: '/workflow/{second}', status: 200 },
    ],
  },
  {
    name: 'a workflow that another starts has its domains, unless it is given its own',
    taskDefs: [taskDef('a')],
    workflows: [
      workflow([subWorkflow()]),
      workflow([subWorkflow({}, { taskToDomain: { '*': 'own' } })], { name: '@@other' }),
      workflow([simple('a')], { name: '@@child' }),
    ],
    steps: ['@@flow', '@@other'].flatMap((name): Step[] => [
      startWith({ '*': 'all' }, name),
      { do: 'expect', status: 'RUNNING', eventually: true, tasks: [['sub', 'IN_PROGRESS']] },
      { do: 'http', path: '/workflow/{id}', status: 200, keep: ['child', 'tasks.0.subWorkflowId'] },
      {
        do: 'http',
        path: '/workflow/{child}',
        status: 200,
        answer: { taskToDomain: { '*': name === '@@flow' ? 'all' : 'own' } },
      },
      stop,
    ]),
  },
  {
    name: 'concurrentExecLimit: workers have no more of a task at a time',
    why: 'the real server gives the next one out when it has looked again, after seconds; when is not compared',
    taskDefs: [taskDef('a', { concurrentExecLimit: 1 })],
    workflows: [flow],
    steps: [
      { do: 'http', path: '/metadata/taskdefs/@@a', status: 200, answer: { concurrentExecLimit: 1 } },
      { do: 'start' },
      { do: 'http', method: 'POST', path: '/workflow', body: { name: '@@flow' }, status: 200, keep: ['second', ''] },
      {
        do: 'http',
        path: '/tasks/poll/batch/@@a?count=5&timeout=500&workerid=w',
        status: 200,
        answer: [{ status: 'IN_PROGRESS' }],
        keep: ['first', '0.workflowInstanceId'],
      },
      { do: 'http', path: '/workflow/{first}', status: 200, keep: ['task', 'tasks.0.taskId'] },
      poll('a', '', 0),
      {
        do: 'http',
        method: 'POST',
        path: '/tasks',
        body: { taskId: '{task}', workflowInstanceId: '{first}', status: 'COMPLETED' },
        status: 200,
      },
      completes('a'),
      { do: 'expect', status: 'COMPLETED', tasks: [['a', 'COMPLETED']] },
    ],
  },
];
