import type { Case, Step } from '../types.ts';
import { inline, simple, system, taskDef, workflow } from '../types.ts';

const done = (outputData: object = {}) => ({ status: 'COMPLETED', outputData });

export const workers: Case[] = [
  {
    name: 'a worker completes a task and the workflow goes on with its output',
    taskDefs: [taskDef('work')],
    workflows: [
      workflow([
        simple('work', { inputParameters: { a: '${workflow.input.x}' } }),
        inline('after', '$.z + 1', { z: '${work.output.z}' }),
      ]),
    ],
    steps: [
      { do: 'start', input: { x: [1] } },
      {
        do: 'expect',
        status: 'RUNNING',
        tasks: [['work', 'SCHEDULED', { taskType: '@@work', taskDefName: '@@work', pollCount: 0 }]],
      },
      { do: 'work', task: '@@work', input: { a: [1] }, reply: done({ z: 2 }) },
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { result: 3 },
        tasks: [
          ['work', 'COMPLETED', { workerId: 'conformance', pollCount: 1, outputData: { z: 2 } }],
          ['after', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'by the older path of an update',
    taskDefs: [taskDef('work')],
    workflows: [workflow([simple('work')])],
    steps: [
      { do: 'start' },
      { do: 'work', task: '@@work', as: 'task' },
      { do: 'expect', status: 'RUNNING', tasks: [['work', 'IN_PROGRESS']] },
      {
        do: 'http',
        method: 'POST',
        path: '/tasks',
        body: { workflowInstanceId: '{id}', taskId: '{task}', ...done({ a: 1 }) },
        status: 200,
        answer: '<id>',
      },
      { do: 'expect', status: 'COMPLETED', output: { a: 1 }, tasks: [['work', 'COMPLETED']] },
    ],
  },
  {
    name: 'an update answers with the next task of that type, or 204',
    taskDefs: [taskDef('work')],
    workflows: [workflow([simple('work', { inputParameters: { n: '${workflow.input.n}' } })])],
    steps: [
      { do: 'start', input: { n: 1 } },
      {
        do: 'http',
        path: '/tasks/poll/@@work?workerid=w',
        status: 200,
        answer: { status: 'IN_PROGRESS', inputData: { n: 1 }, workerId: 'w' },
        keep: ['first', 'taskId'],
      },
      {
        do: 'http',
        path: '/tasks/{first}',
        status: 200,
        answer: { taskId: '<id>' },
        keep: ['one', 'workflowInstanceId'],
      },
      { do: 'start', input: { n: 2 } },
      {
        do: 'http',
        method: 'POST',
        path: '/tasks/update-v2',
        body: { workflowInstanceId: '{one}', taskId: '{first}', workerId: 'w2', ...done() },
        status: 200,
        answer: { status: 'IN_PROGRESS', inputData: { n: 2 }, workerId: 'w2', taskType: '@@work' },
        keep: ['second', 'taskId'],
      },
      {
        do: 'http',
        method: 'POST',
        path: '/tasks/update-v2',
        body: { workflowInstanceId: '{id}', taskId: '{second}', ...done() },
        status: 204,
        answer: '',
      },
      { do: 'expect', status: 'COMPLETED' },
    ],
  },
  {
    name: 'polling when there is nothing, and for several at once',
    taskDefs: [taskDef('work')],
    workflows: [workflow([simple('work')])],
    steps: [
      { do: 'http', path: '/tasks/poll/@@work?workerid=w', status: 204, answer: '' },
      { do: 'http', path: '/tasks/poll/batch/@@work?workerid=w&count=3&timeout=100', status: 200, answer: [] },
      { do: 'start' },
      { do: 'start' },
      {
        do: 'http',
        path: '/tasks/poll/batch/@@work?workerid=w&count=5&timeout=300',
        status: 200,
        answer: [{ status: 'IN_PROGRESS' }, { status: 'IN_PROGRESS' }],
      },
      { do: 'http', path: '/tasks/poll/batch/@@work?workerid=w&count=5&timeout=100', status: 200, answer: [] },
    ],
  },
  {
    name: 'IN_PROGRESS with a callback puts the task back into its queue',
    taskDefs: [taskDef('work')],
    workflows: [workflow([simple('work')])],
    steps: [
      { do: 'start' },
      {
        do: 'work',
        task: '@@work',
        reply: {
          status: 'IN_PROGRESS',
          callbackAfterSeconds: 1,
          outputData: { half: 1 },
          reasonForIncompletion: 'later',
        },
      },
      {
        do: 'expect',
        status: 'RUNNING',
        tasks: [
          [
            'work',
            'SCHEDULED',
            { callbackAfterSeconds: 1, outputData: { half: 1 }, reasonForIncompletion: 'later', pollCount: 1 },
          ],
        ],
      },
      { do: 'work', task: '@@work', atLeastMs: 950, reply: done({ whole: 2 }) },
      { do: 'expect', status: 'COMPLETED', output: { whole: 2 }, tasks: [['work', 'COMPLETED', { pollCount: 2 }]] },
    ],
  },
  {
    name: 'a second result for a task that has ended changes nothing',
    taskDefs: [taskDef('work')],
    workflows: [workflow([simple('work'), system('HUMAN', 'ask')])],
    steps: [
      { do: 'start' },
      { do: 'work', task: '@@work', reply: done({ a: 1 }), as: 'task' },
      {
        do: 'http',
        method: 'POST',
        path: '/tasks',
        body: { workflowInstanceId: '{id}', taskId: '{task}', status: 'FAILED', outputData: { a: 2 } },
        status: 200,
      },
      {
        do: 'expect',
        status: 'RUNNING',
        tasks: [
          ['work', 'COMPLETED', { outputData: { a: 1 } }],
          ['ask', 'IN_PROGRESS'],
        ],
      },
    ],
  },
  {
    name: 'a result for a workflow that was terminated changes nothing',
    taskDefs: [taskDef('work')],
    workflows: [workflow([simple('work')])],
    steps: [
      { do: 'start' },
      { do: 'work', task: '@@work', as: 'task' },
      { do: 'http', method: 'DELETE', path: '/workflow/{id}', status: 200 },
      {
        do: 'http',
        method: 'POST',
        path: '/tasks',
        body: { workflowInstanceId: '{id}', taskId: '{task}', ...done({ a: 2 }) },
        status: 200,
      },
      { do: 'expect', status: 'TERMINATED', output: {}, tasks: [['work', 'CANCELED']] },
    ],
  },
  {
    name: 'a task that nobody defined has the defaults: three retries after a minute each',
    workflows: [workflow([simple('work')])],
    steps: [
      { do: 'start' },
      { do: 'work', task: '@@work', reply: { status: 'FAILED', reasonForIncompletion: 'no' } },
      {
        do: 'expect',
        status: 'RUNNING',
        eventually: true,
        tasks: [
          ['work', 'FAILED', { retried: true, reasonForIncompletion: 'no' }],
          ['work', 'SCHEDULED', { retryCount: 1, callbackAfterSeconds: 60, retriedTaskId: '<id>' }],
        ],
      },
    ],
  },
  {
    name: 'startDelay keeps a task back',
    taskDefs: [taskDef('work')],
    workflows: [workflow([simple('work', { startDelay: 1 })])],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'RUNNING',
        tasks: [['work', 'SCHEDULED', { startDelayInSeconds: 1, callbackAfterSeconds: 1 }]],
      },
      { do: 'work', task: '@@work', atLeastMs: 950, reply: done() },
      { do: 'expect', status: 'COMPLETED' },
    ],
  },
  {
    name: 'logs of a task can be read',
    taskDefs: [taskDef('work')],
    workflows: [workflow([simple('work')])],
    steps: [
      { do: 'start' },
      { do: 'work', task: '@@work', reply: { ...done(), logs: [{ log: 'hello', createdTime: 1 }] }, as: 'task' },
      { do: 'expect', status: 'COMPLETED' },
      { do: 'http', path: '/tasks/{task}/log', status: 200, answer: [{ log: 'hello', taskId: '<id>' }] },
    ],
  },
  {
    name: 'the task of the workflow with the highest priority comes first',
    taskDefs: [taskDef('work')],
    workflows: [workflow([simple('work')])],
    steps: [
      ...[0, 50, 99].map((priority): Step => ({ do: 'start', priority })),
      ...[99, 50, 0].map(
        (workflowPriority): Step => ({
          do: 'http',
          path: '/tasks/poll/@@work?workerid=w',
          status: 200,
          answer: { workflowPriority },
        }),
      ),
    ],
  },
  {
    name: 'a HUMAN task that failed may be tried again, as its definition says',
    taskDefs: [{ ...taskDef('ask'), retryCount: 1, responseTimeoutSeconds: 1 }],
    workflows: [workflow([{ ...system('HUMAN', 'ask'), name: '@@ask' }])],
    steps: [
      { do: 'start' },
      { do: 'http', method: 'POST', path: '/tasks/{id}/ask/FAILED', body: { a: 1 }, status: 200 },
      {
        do: 'expect',
        status: 'RUNNING',
        tasks: [
          ['ask', 'FAILED'],
          ['ask', 'IN_PROGRESS', { retryCount: 1 }],
        ],
      },
      { do: 'http', method: 'POST', path: '/tasks/{id}/ask/COMPLETED', body: { b: 2 }, status: 200 },
      { do: 'expect', status: 'COMPLETED', output: { b: 2 } },
    ],
  },
  {
    name: 'a result after which a WAIT cannot be read is refused, though it is kept',
    taskDefs: [taskDef('work')],
    workflows: [workflow([simple('work'), system('WAIT', 'wait', { duration: '${work.output.duration}' })])],
    steps: [
      { do: 'start' },
      { do: 'work', task: '@@work', as: 'task' },
      {
        do: 'http',
        method: 'POST',
        path: '/tasks/update-v2',
        body: { workflowInstanceId: '{id}', taskId: '{task}', ...done({ duration: 'soon' }) },
        status: 400,
        answer: { status: 400, message: 'Not valid duration: soon' },
      },
      { do: 'expect', status: 'RUNNING', tasks: [['work', 'COMPLETED', { outputData: { duration: 'soon' } }]] },
    ],
  },
];
