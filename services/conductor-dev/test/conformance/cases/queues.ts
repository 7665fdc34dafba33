import type { Case } from '../types.ts';
import { get, post, simple, taskDef, workflow } from '../types.ts';

const flow = { taskDefs: [taskDef('work')], workflows: [workflow([simple('work')])] };
const text = { contentType: 'text/plain' };

export const queues: Case[] = [
  {
    name: 'how many tasks wait',
    why: 'a real server lists its own queues too: only those of the case are compared',
    ...flow,
    steps: [
      { do: 'start' },
      { do: 'start' },
      get('/tasks/queue/size?taskType=@@work', 200, undefined),
      get('/tasks/queue/sizes?taskType=@@work&taskType=@@none', 200, { '@@work': 2, '@@none': 0 }),
      get('/tasks/queue/sizes?taskType=@@work,@@none', 200, { '@@work': 2, '@@none': 0 }),
      get('/tasks/queue/all', 200, { '@@work': 2 }),
      get('/tasks/queue/all/verbose', 200, { '@@work': { a: { size: 2, uacked: 0 } } }),
      { do: 'work', task: '@@work' },
      get('/tasks/queue/sizes?taskType=@@work', 200, { '@@work': 1 }),
      get('/tasks/queue/sizes', 500),
      get('/tasks/queue/size', 500),
    ],
  },
  {
    name: 'who polled last',
    steps: [
      get('/tasks/queue/polldata?taskType=@@work', 200, []),
      get('/tasks/poll/batch/@@work?workerid=one', 200, []),
      get('/tasks/poll/@@work?workerid=two', 204),
      get('/tasks/queue/polldata?taskType=@@work', 200, [{ queueName: '@@work', workerId: 'two' }]),
      get('/tasks/queue/polldata', 500),
      get('/tasks/queue/polldata?taskType=', 400, {
        validationErrors: [{ path: 'getPollData.arg0', message: 'TaskType cannot be null or empty.' }],
      }),
    ],
  },
  {
    name: 'a task that a worker holds is queued again',
    ...flow,
    steps: [
      { do: 'start' },
      { do: 'work', task: '@@work' },
      get('/tasks/poll/batch/@@work?workerid=w', 200, []),
      post('/tasks/queue/requeue/@@work', undefined, 200, '1'),
      get('/tasks/poll/batch/@@work?workerid=w', 200, [{ status: 'IN_PROGRESS', pollCount: 2 }]),
      post('/tasks/queue/requeue/@@none', undefined, 200, '0'),
    ],
  },
  {
    name: 'logs of a task, in the order of their times',
    ...flow,
    steps: [
      { do: 'start' },
      { do: 'work', task: '@@work', as: 'task' },
      get('/tasks/{task}/log', 204, ''),
      post('/tasks/{task}/log', 'half done', 200, '', text),
      post('/tasks/{task}/log', '{"a":1}', 200),
      post('/tasks/{task}/log', undefined, 500),
      post(
        '/tasks',
        {
          ...{ workflowInstanceId: '{id}', taskId: '{task}', status: 'IN_PROGRESS' },
          logs: [{ log: 'from a result', createdTime: 5, taskId: 'other' }, { log: 'without a time' }],
        },
        200,
      ),
      get('/tasks/{task}/log', 200, [
        { log: 'without a time', createdTime: 0, taskId: '<id>' },
        { log: 'from a result', createdTime: 5, taskId: '<id>' },
        { log: 'half done' },
        { log: '{"a":1}' },
      ]),
      get('/tasks/@@none/log', 204),
      post('/tasks/@@none/log', 'lost', 200, '', text),
    ],
  },
  {
    name: 'results by the reference name of a task',
    ...flow,
    steps: [
      { do: 'start' },
      post('/tasks/{id}/work/DONE', {}, 500, { status: 500 }),
      post('/tasks/{id}/none/COMPLETED', {}, 200, ''),
      post('/tasks/@@none/work/COMPLETED', {}, 200, ''),
      post('/tasks/{id}/work/COMPLETED', undefined, 500),
      post('/tasks/{id}/work/IN_PROGRESS?workerid=me', { q: 1 }, 200, '<id>'),
      { do: 'expect', status: 'RUNNING', tasks: [['work', 'SCHEDULED', { outputData: { q: 1 }, workerId: 'me' }]] },
      post('/tasks/{id}/work/COMPLETED/sync', { r: 2 }, 200, { status: 'COMPLETED', output: { q: 1, r: 2 } }),
      post('/tasks/{id}/work/COMPLETED', { r: 3 }, 200, ''),
      post('/tasks/{id}/work/COMPLETED/sync', {}, 404, {
        message: 'Found no running task work of workflow <id> to update',
      }),
    ],
  },
  {
    name: 'the longest reason a task keeps',
    ...flow,
    steps: [
      { do: 'start' },
      {
        ...{ do: 'work', task: '@@work' },
        reply: { status: 'FAILED', reasonForIncompletion: 'x'.repeat(600) },
      },
      { do: 'expect', status: 'FAILED', tasks: [['work', 'FAILED', { reasonForIncompletion: 'x'.repeat(500) }]] },
    ],
  },
];
