import type { Case } from '../types.ts';
import { get, post, put, remove, system, workflow } from '../types.ts';

const none = 'No such workflow found by id: @@none';
const begin = (name: string) => post('/workflow', { name: '@@flow' }, 200, undefined, { keep: [name, ''] });
const flow = { workflows: [workflow([system('HUMAN', 'ask')])] };

export const bulk: Case[] = [
  {
    name: 'many are paused, resumed and terminated, what fails is told',
    ...flow,
    steps: [
      begin('a'),
      begin('b'),
      put(
        '/workflow/bulk/pause',
        200,
        { bulkErrorResults: { '@@none': none }, bulkSuccessfulResults: ['<id>', '<id>'] },
        {
          body: ['{a}', '@@none', '{b}'],
        },
      ),
      get('/workflow/{a}/status', 200, { status: 'PAUSED' }),
      put('/workflow/bulk/resume', 200, { bulkErrorResults: {}, bulkSuccessfulResults: ['<id>'] }, { body: ['{a}'] }),
      put(
        '/workflow/bulk/resume',
        200,
        {
          bulkErrorResults: { '@@none': none },
          bulkSuccessfulResults: [],
        },
        { body: ['{a}', '@@none'] },
      ),
      get('/workflow/{a}/status', 200, { status: 'RUNNING' }),
      post('/workflow/bulk/terminate?reason=over', ['{a}', '{b}'], 200, {
        bulkErrorResults: {},
        bulkSuccessfulResults: ['<id>', '<id>'],
      }),
      get('/workflow/{b}', 200, { status: 'TERMINATED', reasonForIncompletion: 'over' }),
      post('/workflow/bulk/terminate', ['{a}'], 200, { bulkErrorResults: {}, bulkSuccessfulResults: ['<id>'] }),
    ],
  },
  {
    name: 'many are retried and restarted',
    ...flow,
    steps: [
      begin('a'),
      post('/workflow/bulk/terminate', ['{a}'], 200),
      post('/workflow/bulk/retry', ['{a}', '@@none'], 200, {
        bulkErrorResults: { '@@none': none },
        bulkSuccessfulResults: ['<id>'],
      }),
      post('/workflow/bulk/retry', ['{a}'], 200, { bulkSuccessfulResults: [] }),
      post('/workflow/bulk/restart', ['{a}'], 200, { bulkSuccessfulResults: [] }),
      post('/workflow/bulk/terminate', ['{a}'], 200),
      post('/workflow/bulk/restart?useLatestDefinitions=true', ['{a}'], 200, { bulkSuccessfulResults: ['<id>'] }),
      get('/workflow/{a}/status', 200, { status: 'RUNNING' }),
    ],
  },
  {
    name: 'many are removed',
    ...flow,
    steps: [
      begin('a'),
      begin('b'),
      remove('/workflow/bulk/remove', 200, { bulkSuccessfulResults: [] }, { body: ['{a}'] }),
      remove(
        '/workflow/bulk/terminate-remove',
        200,
        { bulkErrorResults: { '@@none': none } },
        { body: ['{a}', '@@none'] },
      ),
      get('/workflow/{a}', 404),
      post('/workflow/bulk/terminate', ['{b}'], 200),
      remove('/workflow/bulk/remove', 200, { bulkSuccessfulResults: ['<id>'] }, { body: ['{b}'] }),
      get('/workflow/{b}', 404),
    ],
  },
  {
    name: 'bulk requests that cannot be taken',
    steps: [
      put(
        '/workflow/bulk/pause',
        400,
        {
          status: 400,
          validationErrors: [{ path: 'pauseWorkflow.arg0', message: 'WorkflowIds list cannot be null.' }],
        },
        { body: [] },
      ),
      put('/workflow/bulk/pause', 500, undefined, { body: {} }),
      put('/workflow/bulk/pause', 500),
      post(
        '/workflow/bulk/terminate',
        Array.from({ length: 1001 }, () => 'x'),
        400,
        {
          validationErrors: [
            {
              path: 'terminate.arg0',
              message: 'Cannot process more than 1000 workflows. Please use multiple requests.',
            },
          ],
        },
      ),
      post('/workflow/bulk/nothing', ['x'], 404),
    ],
  },
];
