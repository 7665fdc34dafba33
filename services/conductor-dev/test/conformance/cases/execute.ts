import type { Case, Http } from '../types.ts';
import { inline, simple, system, workflow } from '../types.ts';

const post = (query: string, answer: object | undefined, extra: Partial<Http> = {}): Http => ({
  do: 'http',
  method: 'POST',
  path: `/workflow/execute/@@flow/1?${query}`,
  body: { name: '@@flow', input: { x: 1 } },
  status: 200,
  ...(answer ? { answer } : {}),
  ...extra,
});
const quick = workflow([inline('it', '$.x + 1', { x: '${workflow.input.x}' })], {
  outputParameters: { y: '${it.output.result}' },
});

export const execute: Case[] = [
  {
    name: 'answers with the whole workflow when it has ended',
    workflows: [quick],
    steps: [
      post('requestId=r1', {
        responseType: 'TARGET_WORKFLOW',
        targetWorkflowId: '<id>',
        targetWorkflowStatus: 'COMPLETED',
        requestId: 'r1',
        workflowId: '<id>',
        status: 'COMPLETED',
        input: { x: 1 },
        output: { y: 2 },
        variables: {},
        priority: 0,
        signalTimeout: false,
        tasks: [{ referenceTaskName: 'it', status: 'COMPLETED', outputData: { result: 2 } }],
      }),
    ],
  },
  {
    name: 'version 0 is the latest, the name in the body does not matter, and a raw input map is no input',
    workflows: [quick, workflow([inline('it', '"two"')], { version: 2 })],
    steps: [
      {
        do: 'http',
        method: 'POST',
        path: '/workflow/execute/@@flow/0',
        body: { name: 'other', version: 1 },
        status: 200,
        answer: { output: { result: 'two' } },
      },
      post('', { input: {}, status: 'COMPLETED' }, { body: { x: 1 } }),
    ],
  },
  {
    name: 'a workflow that fails is a 200 that says so',
    workflows: [workflow([inline('it', 'throw new Error("boom")')])],
    steps: [
      post('', {
        status: 'FAILED',
        targetWorkflowStatus: 'FAILED',
        output: { error: 'Error evaluating the script `Error: boom`' },
        tasks: [
          {
            status: 'FAILED_WITH_TERMINAL_ERROR',
            reasonForIncompletion: 'Error evaluating the script `Error: boom`',
          },
        ],
      }),
    ],
  },
  {
    name: 'still running when the wait is over',
    workflows: [workflow([simple('work')])],
    steps: [
      post(
        'waitForSeconds=1',
        { status: 'RUNNING', targetWorkflowStatus: 'RUNNING', signalTimeout: true, tasks: [{ status: 'SCHEDULED' }] },
        { atLeastMs: 990, withinMs: 5000 },
      ),
    ],
  },
  {
    name: 'waitUntilTaskRef ends the wait when one of the tasks has ended',
    workflows: [workflow([inline('first', '1'), system('HUMAN', 'ask')])],
    steps: [
      post(
        'waitForSeconds=20&waitUntilTaskRef=ask,first',
        {
          status: 'RUNNING',
          signalTimeout: false,
          tasks: [
            { referenceTaskName: 'first', status: 'COMPLETED' },
            { referenceTaskName: 'ask', status: 'IN_PROGRESS' },
          ],
        },
        { withinMs: 8000 },
      ),
    ],
  },
  {
    name: 'an open HUMAN task does not end the wait',
    workflows: [workflow([system('HUMAN', 'ask')])],
    steps: [
      post(
        'waitForSeconds=1&waitUntilTaskRef=ask',
        { status: 'RUNNING', signalTimeout: true, tasks: [{ status: 'IN_PROGRESS' }] },
        { atLeastMs: 990 },
      ),
    ],
  },
  {
    name: 'an open WAIT task without a time does',
    workflows: [workflow([system('WAIT', 'wait')])],
    steps: [
      post(
        'waitForSeconds=20',
        { status: 'RUNNING', signalTimeout: false, tasks: [{ status: 'IN_PROGRESS' }] },
        { withinMs: 8000 },
      ),
    ],
  },
  {
    name: 'a WAIT task with a time does not',
    workflows: [workflow([system('WAIT', 'wait', { duration: '1s' })])],
    steps: [post('waitForSeconds=20', { status: 'COMPLETED', signalTimeout: false }, { atLeastMs: 900 })],
  },
  {
    name: 'returnStrategy BLOCKING_TASK answers with the task',
    workflows: [workflow([inline('first', '1'), system('WAIT', 'wait', { x: '${first.output.result}' })])],
    steps: [
      post('returnStrategy=BLOCKING_TASK&waitForSeconds=20', {
        responseType: 'BLOCKING_TASK',
        taskType: 'WAIT',
        referenceTaskName: 'wait',
        status: 'IN_PROGRESS',
        taskId: '<id>',
        workflowId: '<id>',
        targetWorkflowStatus: 'RUNNING',
        input: { x: 1 },
        output: {},
        workflowType: '@@flow',
      }),
      post('returnStrategy=BLOCKING_TASK_INPUT&waitForSeconds=20', {
        responseType: 'BLOCKING_TASK_INPUT',
        input: { x: 1 },
      }),
      post('returnStrategy=BLOCKING_WORKFLOW&waitForSeconds=20', {
        responseType: 'BLOCKING_WORKFLOW',
        status: 'RUNNING',
      }),
    ],
  },
  {
    name: 'and 500 when there is none',
    why: 'its message is that of an inner failure',
    workflows: [quick],
    steps: [post('returnStrategy=BLOCKING_TASK', { status: 500 }, { status: 500 })],
  },
  {
    name: 'what cannot be executed',
    workflows: [quick],
    steps: [
      {
        ...post('', { status: 404, message: 'No such workflow defined. name=@@none, version=1', retryable: false }),
        path: '/workflow/execute/@@none/1',
        status: 404,
      },
      {
        ...post('', { message: 'No such workflow defined. name=@@flow, version=9' }),
        path: '/workflow/execute/@@flow/9',
        status: 404,
      },
      { ...post('', { status: 500 }), path: '/workflow/execute/@@flow/one', status: 500 },
      post('waitForSeconds=soon', { status: 500 }, { status: 500 }),
      post('returnStrategy=NOTHING', { status: 500 }, { status: 500 }),
      post('', { status: 500 }, { body: '{"priority":"high"}', status: 500 }),
      post('', { status: 500 }, { body: '{not json', status: 500 }),
      post('', { status: 500 }, { body: '', status: 500 }),
    ],
  },
];
