import type { Case } from '../types.ts';
import { inline, system, workflow } from '../types.ts';

const open = workflow([system('HUMAN', 'ask')], { outputParameters: { asked: '${ask.status}' } });

export const correlation: Case[] = [
  {
    name: 'workflows are found by their correlation id',
    workflows: [open],
    steps: [
      { do: 'start', correlationId: '@@one', input: { n: 1 } },
      {
        do: 'http',
        path: '/workflow/@@flow/correlated/@@one?includeClosed=true&includeTasks=false',
        status: 200,
        answer: [{ workflowId: '<id>', status: 'RUNNING', correlationId: '@@one', input: { n: 1 }, tasks: [] }],
      },
      {
        do: 'http',
        path: '/workflow/@@flow/correlated/@@one?includeTasks=true',
        status: 200,
        answer: [{ tasks: [{ referenceTaskName: 'ask' }] }],
      },
      { do: 'http', path: '/workflow/@@flow/correlated/@@other?includeClosed=true', status: 200, answer: [] },
      { do: 'http', path: '/workflow/@@none/correlated/@@one?includeClosed=true', status: 200, answer: [] },
    ],
  },
  {
    name: 'those that have ended only when asked for',
    workflows: [workflow([inline('it', '1')])],
    steps: [
      { do: 'start', correlationId: '@@one' },
      { do: 'expect', status: 'COMPLETED' },
      { do: 'http', path: '/workflow/@@flow/correlated/@@one', status: 200, answer: [] },
      {
        do: 'http',
        path: '/workflow/@@flow/correlated/@@one?includeClosed=true',
        status: 200,
        answer: [{ status: 'COMPLETED' }],
      },
    ],
  },
  {
    name: 'an idempotency key is ignored: two starts, two workflows',
    workflows: [open],
    steps: [1, 2].map((n) => ({
      do: 'http',
      method: 'POST',
      path: '/workflow',
      body: { name: '@@flow', idempotencyKey: '@@key', idempotencyStrategy: 'FAIL', correlationId: `@@${n}` },
      status: 200,
      answer: '<id>',
    })),
  },
  {
    name: 'a terminated workflow keeps its reason, its open tasks are cancelled',
    workflows: [open],
    steps: [
      { do: 'start' },
      { do: 'http', method: 'DELETE', path: '/workflow/{id}?reason=no%20longer%20needed', status: 200, answer: '' },
      {
        do: 'expect',
        status: 'TERMINATED',
        reason: 'no longer needed',
        output: { asked: 'IN_PROGRESS' },
        tasks: [['ask', 'CANCELED']],
      },
      { do: 'http', method: 'DELETE', path: '/workflow/{id}?reason=again', status: 200 },
      { do: 'expect', status: 'TERMINATED', reason: 'no longer needed' },
    ],
  },
  {
    name: 'a completed workflow cannot be terminated, one that has failed can',
    workflows: [workflow([inline('it', '$.fail ? nothing : 1', { fail: '${workflow.input.fail}' })])],
    steps: [
      { do: 'start' },
      {
        do: 'http',
        method: 'DELETE',
        path: '/workflow/{id}',
        status: 409,
        answer: { status: 409, message: 'Cannot terminate a COMPLETED workflow.', retryable: false },
      },
      { do: 'start', input: { fail: true } },
      { do: 'expect', status: 'FAILED' },
      { do: 'http', method: 'DELETE', path: '/workflow/{id}?reason=over', status: 200 },
      { do: 'expect', status: 'TERMINATED', reason: 'over' },
    ],
  },
  {
    name: 'the light status',
    workflows: [workflow([system('SET_VARIABLE', 'set', { v: 1 }), inline('it', '1')])],
    steps: [
      { do: 'start', correlationId: '@@one' },
      {
        do: 'http',
        path: '/workflow/{id}/status?includeOutput=true&includeVariables=true',
        status: 200,
        answer: {
          workflowId: '<id>',
          correlationId: '@@one',
          status: 'COMPLETED',
          output: { result: 1 },
          variables: { v: 1 },
        },
      },
      { do: 'http', path: '/workflow/{id}/status', status: 200, answer: { workflowId: '<id>', status: 'COMPLETED' } },
    ],
  },
  {
    name: 'the whole workflow carries its definition',
    taskDefs: [],
    workflows: [workflow([inline('it', '1')], { description: 'said', version: 4, outputParameters: { a: 1 } })],
    steps: [
      { do: 'start', priority: 7 },
      {
        do: 'http',
        path: '/workflow/{id}?includeTasks=false',
        status: 200,
        answer: {
          workflowId: '<id>',
          workflowName: '@@flow',
          workflowVersion: 4,
          status: 'COMPLETED',
          priority: 7,
          tasks: [],
          output: { a: 1 },
          failedReferenceTaskNames: [],
          workflowDefinition: {
            name: '@@flow',
            version: 4,
            description: 'said',
            tasks: [{ taskReferenceName: 'it', type: 'INLINE' }],
          },
        },
      },
    ],
  },
];
