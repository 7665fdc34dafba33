import type { Case, Step } from '../types.ts';
import { get, inline, post, simple, subWorkflow, system, taskDef, workflow } from '../types.ts';

const work = (status: 'COMPLETED' | 'FAILED'): Step => ({
  do: 'work',
  task: '@@a',
  reply: { status, outputData: { was: status } },
});
const child = workflow([simple('a')], { name: '@@child' });
const chain = {
  taskDefs: [taskDef('a')],
  workflows: [workflow([subWorkflow(), inline('after', '"after"')]), child],
};
const fork = {
  taskDefs: [taskDef('a')],
  workflows: [
    workflow([
      system('FORK_JOIN', 'fork', {}, { forkTasks: [[subWorkflow()], [inline('other', '1')]] }),
      system('JOIN', 'join', {}, { joinOn: ['sub', 'other'] }),
    ]),
    child,
  ],
};
/** Its task fails, and it with it; the id of what it started is kept as `child`. */
const fails: Step[] = [
  { do: 'start' },
  work('FAILED'),
  { do: 'expect', status: 'FAILED' },
  get('/workflow/{id}', 200, {}, { keep: ['child', 'tasks.0.subWorkflowId'] }),
];
const completes: Step[] = [
  work('COMPLETED'),
  {
    do: 'expect',
    status: 'COMPLETED',
    tasks: [
      ['sub', 'COMPLETED'],
      ['after', 'COMPLETED'],
    ],
  },
];

/** Workflows that were started by another, or have started one, and run again. */
export const revivals: Case[] = [
  {
    name: 'a retry of what was started brings what started it back',
    ...chain,
    steps: [
      ...fails,
      post('/workflow/{child}/retry', undefined, 204),
      { do: 'expect', status: 'RUNNING', eventually: true, tasks: [['sub', 'IN_PROGRESS']] },
      ...completes,
    ],
  },
  {
    name: 'a restart of what was started brings what started it back',
    ...chain,
    steps: [
      ...fails,
      post('/workflow/{child}/restart', undefined, 204),
      { do: 'expect', status: 'RUNNING', eventually: true, tasks: [['sub', 'IN_PROGRESS']] },
      ...completes,
    ],
  },
  {
    name: 'a retry of what started it starts another',
    ...chain,
    steps: [
      ...fails,
      post('/workflow/{id}/retry', undefined, 204),
      work('COMPLETED'),
      {
        do: 'expect',
        status: 'COMPLETED',
        tasks: [
          ['sub', 'FAILED', { retried: true }],
          ['sub', 'COMPLETED', { retryCount: 1, subWorkflowId: '<id>' }],
          ['after', 'COMPLETED'],
        ],
      },
      get('/workflow/{child}', 200, { status: 'FAILED' }),
    ],
  },
  {
    name: 'a retry with resumeSubworkflowTasks goes on where what it started has failed',
    ...chain,
    steps: [
      ...fails,
      post('/workflow/{id}/retry?resumeSubworkflowTasks=true', undefined, 204),
      ...completes,
      get('/workflow/{child}', 200, { status: 'COMPLETED' }),
    ],
  },
  {
    name: 'a restart of what started it starts another',
    ...chain,
    steps: [
      ...fails,
      post('/workflow/{id}/restart', undefined, 204),
      ...completes,
      get('/workflow/{child}', 200, { status: 'FAILED' }),
    ],
  },
  {
    name: 'what is waited for in a branch is joined after a retry',
    ...fork,
    steps: [
      { do: 'start' },
      work('FAILED'),
      { do: 'expect', status: 'FAILED' },
      get('/workflow/{id}', 200, {}, { keep: ['child', 'tasks.1.subWorkflowId'] }),
      post('/workflow/{child}/retry', undefined, 204),
      work('COMPLETED'),
      {
        do: 'expect',
        status: 'COMPLETED',
        tasks: [
          ['fork', 'COMPLETED'],
          ['sub', 'COMPLETED'],
          ['other', 'COMPLETED'],
          ['join', 'COMPLETED'],
        ],
      },
    ],
  },
];
