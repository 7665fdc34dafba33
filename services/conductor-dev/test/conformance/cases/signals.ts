import type { Case } from '../types.ts';
import { get, post, put, simple, system, taskDef, workflow } from '../types.ts';

const flow = {
  taskDefs: [taskDef('work')],
  workflows: [workflow([system('WAIT', 'first'), simple('work'), system('WAIT', 'second', { duration: '1 day' })])],
};
const signal = (path: string, body: unknown, status: number, answer?: unknown) =>
  post(`/tasks/{id}/${path}`, body, status, answer);
const nothing = { status: 404, message: 'Found no blocked task in workflow <id> to signal' };

export const signals: Case[] = [
  {
    name: 'a signal completes the WAIT task that the workflow stands at',
    ...flow,
    steps: [
      { do: 'start' },
      signal('COMPLETED/signal', { s: 1 }, 200, ''),
      {
        do: 'expect',
        status: 'RUNNING',
        eventually: true,
        tasks: [
          ['first', 'COMPLETED', { outputData: { s: 1 } }],
          ['work', 'SCHEDULED'],
        ],
      },
      signal('COMPLETED/signal', {}, 200, ''),
      {
        do: 'expect',
        status: 'RUNNING',
        tasks: [
          ['first', 'COMPLETED'],
          ['work', 'SCHEDULED'],
        ],
      },
      { do: 'work', task: '@@work', reply: { status: 'COMPLETED' } },
      signal('FAILED/signal', { s: 2 }, 200, ''),
      { do: 'expect', status: 'FAILED', output: { s: 2 } },
      signal('COMPLETED/signal', {}, 200, ''),
    ],
  },
  {
    name: 'a signal that is waited for answers with where the workflow stands then',
    ...flow,
    steps: [
      { do: 'start', input: { a: 1 } },
      signal('COMPLETED/signal/sync?timeoutMillis=300', { s: 1 }, 200, {
        ...{ responseType: 'TARGET_WORKFLOW', targetWorkflowId: '<id>', targetWorkflowStatus: 'RUNNING' },
        ...{ workflowId: '<id>', status: 'RUNNING', input: { a: 1 }, output: {}, signalTimeout: true },
        tasks: [{ referenceTaskName: 'first', status: 'COMPLETED' }, { referenceTaskName: 'work' }],
      }),
      signal('COMPLETED/signal/sync', {}, 404, nothing),
      { do: 'work', task: '@@work', reply: { status: 'COMPLETED' } },
      signal('COMPLETED/signal/sync', { s: 2 }, 200, { status: 'COMPLETED', output: { s: 2 }, signalTimeout: false }),
      signal('COMPLETED/signal/sync', {}, 404, nothing),
    ],
  },
  {
    name: 'a signal that leaves the task waiting answers with the task when that is asked for',
    workflows: [workflow([system('WAIT', 'wait', { a: 1 })])],
    steps: [
      { do: 'start' },
      signal('IN_PROGRESS/signal/sync?returnStrategy=BLOCKING_TASK', { s: 1 }, 200, {
        ...{ responseType: 'BLOCKING_TASK', workflowId: '<id>', taskType: 'WAIT', referenceTaskName: 'wait' },
        ...{ status: 'IN_PROGRESS', input: { a: 1 }, output: { s: 1 }, signalTimeout: false },
      }),
      signal('IN_PROGRESS/signal/sync?returnStrategy=BLOCKING_WORKFLOW', { t: 2 }, 200, {
        ...{ responseType: 'BLOCKING_WORKFLOW', status: 'RUNNING', signalTimeout: false },
        tasks: [{ outputData: { s: 1, t: 2 } }],
      }),
      signal('FAILED/signal/sync?returnStrategy=BLOCKING_TASK', {}, 500),
      { do: 'expect', status: 'FAILED' },
    ],
  },
  {
    name: 'a HUMAN task is no signal’s',
    workflows: [workflow([system('HUMAN', 'ask')])],
    steps: [
      { do: 'start' },
      signal('COMPLETED/signal', {}, 200, ''),
      signal('COMPLETED/signal/sync', {}, 404, nothing),
      { do: 'expect', status: 'RUNNING', tasks: [['ask', 'IN_PROGRESS']] },
    ],
  },
  {
    name: 'a signal to a paused workflow is taken and waits with it',
    workflows: [workflow([system('WAIT', 'wait'), system('HUMAN', 'ask')])],
    steps: [
      { do: 'start' },
      put('/workflow/{id}/pause', 200),
      signal('COMPLETED/signal/sync?timeoutMillis=200', {}, 200, { status: 'PAUSED', signalTimeout: true }),
      { do: 'expect', status: 'PAUSED', tasks: [['wait', 'COMPLETED']] },
      put('/workflow/{id}/resume', 200),
      {
        do: 'expect',
        status: 'RUNNING',
        tasks: [
          ['wait', 'COMPLETED'],
          ['ask', 'IN_PROGRESS'],
        ],
      },
    ],
  },
  {
    name: 'signals that cannot be taken',
    ...flow,
    steps: [
      { do: 'start' },
      ...['signal', 'signal/sync'].flatMap((path) => [
        signal(`DONE/${path}`, {}, 500, { status: 500 }),
        signal(`COMPLETED/${path}`, undefined, 500),
        signal(`COMPLETED/${path}`, [], 500),
        post(`/tasks/@@none/COMPLETED/${path}`, {}, 404, { message: 'No such workflow found by id: @@none' }),
      ]),
      signal('COMPLETED/signal/sync?returnStrategy=NONE', {}, 500),
      signal('COMPLETED/signal/sync?timeoutMillis=x', {}, 500),
      get('/workflow/{id}/status', 200, { status: 'RUNNING' }),
    ],
  },
];
