import type { Case } from '../types.ts';
import { inline, simple, system, workflow } from '../types.ts';

const terminate = (inputParameters: object) => system('TERMINATE', 'stop', inputParameters);

export const systemTasks: Case[] = [
  {
    name: 'SET_VARIABLE adds and replaces variables',
    workflows: [
      workflow(
        [
          system('SET_VARIABLE', 'one', { a: '${workflow.input.x}', b: { c: 1 } }),
          system('SET_VARIABLE', 'two', { b: 'new', d: '${workflow.variables.a}' }),
        ],
        { variables: { a: 0, z: 'kept' }, outputParameters: { all: '${workflow.variables}' } },
      ),
    ],
    steps: [
      { do: 'start', input: { x: 5 } },
      {
        do: 'expect',
        status: 'COMPLETED',
        variables: { a: 5, b: 'new', d: 5, z: 'kept' },
        output: { all: { a: 5, b: 'new', d: 5, z: 'kept' } },
        tasks: [
          ['one', 'COMPLETED', { outputData: {}, inputData: { a: 5, b: { c: 1 } } }],
          ['two', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'SET_VARIABLE refuses more than 256 KB',
    workflows: [
      workflow([inline('big', '"x".repeat(270000)'), system('SET_VARIABLE', 'set', { x: '${big.output.result}' })]),
    ],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'FAILED',
        variables: {},
        tasks: [
          ['big', 'COMPLETED'],
          ['set', 'FAILED_WITH_TERMINAL_ERROR'],
        ],
      },
    ],
  },
  {
    name: 'TERMINATE as COMPLETED ends the workflow with its output',
    workflows: [
      workflow(
        [
          terminate({ terminationStatus: 'COMPLETED', workflowOutput: { a: '${workflow.input.x}' } }),
          inline('never', '1'),
        ],
        {
          outputParameters: { not: 'this' },
        },
      ),
    ],
    steps: [
      { do: 'start', input: { x: 1 } },
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { a: 1 },
        reason: 'Workflow is COMPLETED by TERMINATE task: <id>',
        tasks: [['stop', 'COMPLETED', { outputData: { a: 1 } }]],
      },
    ],
  },
  {
    name: 'TERMINATE as FAILED keeps its reason',
    workflows: [
      workflow([
        inline('one', '1'),
        terminate({
          terminationStatus: 'FAILED',
          terminationReason: 'because ${one.output.result}',
          workflowOutput: 'text',
        }),
      ]),
    ],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'FAILED',
        output: { output: 'text' },
        reason: 'because 1',
        tasks: [
          ['one', 'COMPLETED'],
          ['stop', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'TERMINATE as TERMINATED, without output or reason',
    workflows: [workflow([inline('one', '1'), terminate({ terminationStatus: 'TERMINATED' })])],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'TERMINATED',
        output: {},
        reason: 'Workflow is TERMINATED by TERMINATE task: <id>',
        tasks: [
          ['one', 'COMPLETED'],
          ['stop', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'WAIT for a duration',
    workflows: [
      workflow([system('WAIT', 'wait', { duration: '${workflow.input.seconds} seconds' }), inline('after', '1')]),
    ],
    steps: [
      { do: 'start', input: { seconds: 1 } },
      { do: 'expect', status: 'RUNNING', tasks: [['wait', 'IN_PROGRESS', { callbackAfterSeconds: 1 }]] },
      {
        do: 'expect',
        status: 'COMPLETED',
        tasks: [
          ['wait', 'COMPLETED', { outputData: {} }],
          ['after', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'WAIT until a moment that is past',
    workflows: [workflow([system('WAIT', 'wait', { until: '2020-01-01 10:00 GMT' })])],
    steps: [{ do: 'start' }, { do: 'expect', status: 'COMPLETED', tasks: [['wait', 'COMPLETED']] }],
  },
  {
    name: 'WAIT until a signal, by the id of the task',
    workflows: [workflow([system('WAIT', 'wait'), inline('after', '$.x', { x: '${wait.output.said}' })])],
    steps: [
      { do: 'start' },
      { do: 'expect', status: 'RUNNING', tasks: [['wait', 'IN_PROGRESS', { inputData: {} }]] },
      { do: 'http', path: '/workflow/{id}', status: 200, keep: ['task', 'tasks.0.taskId'] },
      {
        do: 'http',
        method: 'POST',
        path: '/tasks',
        body: { workflowInstanceId: '{id}', taskId: '{task}', status: 'COMPLETED', outputData: { said: 'go' } },
        status: 200,
        answer: '<id>',
      },
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { result: 'go' },
        tasks: [
          ['wait', 'COMPLETED', { outputData: { said: 'go' } }],
          ['after', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'WAIT until a signal that it failed',
    workflows: [workflow([system('WAIT', 'wait')])],
    steps: [
      { do: 'start' },
      { do: 'http', path: '/workflow/{id}', status: 200, keep: ['task', 'tasks.0.taskId'] },
      {
        do: 'http',
        method: 'POST',
        path: '/tasks',
        body: { workflowInstanceId: '{id}', taskId: '{task}', status: 'FAILED', reasonForIncompletion: 'no' },
        status: 200,
      },
      {
        do: 'expect',
        status: 'FAILED',
        reason: "Task <id> failed with status: FAILED and reason: 'no'",
        tasks: [['wait', 'FAILED', { reasonForIncompletion: 'no' }]],
      },
    ],
  },
  {
    name: 'WAIT for what is no duration: the start is refused and nothing is left',
    workflows: [workflow([system('WAIT', 'wait', { duration: '${workflow.input.duration}' })])],
    steps: [
      {
        do: 'http',
        method: 'POST',
        path: '/workflow',
        body: { name: '@@flow', input: { duration: 'soon' }, correlationId: '@@c' },
        status: 400,
        answer: { status: 400, message: 'Not valid duration: soon', retryable: false },
      },
      { do: 'http', path: '/workflow/@@flow/correlated/@@c?includeClosed=true', status: 200, answer: [] },
    ],
  },
  {
    name: 'WAIT until what is no date fails the task',
    why: 'the real server fails the workflow only at its next sweep, 30 s later',
    workflows: [workflow([system('WAIT', 'wait', { until: '${workflow.input.until}' })])],
    steps: [
      { do: 'start', input: { until: 'tomorrow' } },
      {
        do: 'http',
        path: '/workflow/{id}',
        status: 200,
        answer: {
          tasks: [
            {
              status: 'FAILED_WITH_TERMINAL_ERROR',
              reasonForIncompletion: 'Invalid/Unsupported Wait Until format.  Provided: tomorrow',
            },
          ],
        },
      },
    ],
  },
  {
    name: 'HUMAN until a signal, by reference name',
    workflows: [workflow([system('HUMAN', 'ask', { question: '${workflow.input.q}' }), simple('after')])],
    steps: [
      { do: 'start', input: { q: 'why' } },
      {
        do: 'expect',
        status: 'RUNNING',
        tasks: [['ask', 'IN_PROGRESS', { inputData: { question: 'why' }, taskType: 'HUMAN' }]],
      },
      { do: 'http', method: 'POST', path: '/tasks/{id}/ask/COMPLETED', body: { a: 42 }, status: 200, answer: '<id>' },
      {
        do: 'expect',
        status: 'RUNNING',
        tasks: [
          ['ask', 'COMPLETED', { outputData: { a: 42 } }],
          ['after', 'SCHEDULED'],
        ],
      },
      { do: 'http', method: 'POST', path: '/tasks/{id}/ask/COMPLETED', body: { a: 43 }, status: 200, answer: '' },
      { do: 'http', method: 'DELETE', path: '/workflow/{id}?reason=done', status: 200 },
      {
        do: 'expect',
        status: 'TERMINATED',
        reason: 'done',
        tasks: [
          ['ask', 'COMPLETED'],
          ['after', 'CANCELED'],
        ],
      },
    ],
  },
  {
    name: 'HUMAN that is IN_PROGRESS keeps what it is told and stays open',
    workflows: [workflow([system('HUMAN', 'ask')])],
    steps: [
      { do: 'start' },
      {
        do: 'http',
        method: 'POST',
        path: '/tasks/{id}/ask/IN_PROGRESS',
        body: { draft: 1 },
        status: 200,
        answer: '<id>',
      },
      { do: 'expect', status: 'RUNNING', tasks: [['ask', 'IN_PROGRESS', { outputData: { draft: 1 } }]] },
      {
        do: 'http',
        method: 'POST',
        path: '/tasks/{id}/ask/COMPLETED/sync',
        body: { final: 2 },
        status: 200,
        answer: { status: 'COMPLETED', workflowId: '<id>' },
      },
      { do: 'expect', status: 'COMPLETED', output: { draft: 1, final: 2 }, tasks: [['ask', 'COMPLETED']] },
    ],
  },
];
