import type { Case, Step } from '../types.ts';
import { simple, system, taskDef, workflow } from '../types.ts';

const fail = (reasonForIncompletion: string): Step => ({
  do: 'work',
  task: '@@work',
  reply: { status: 'FAILED', reasonForIncompletion, outputData: { from: reasonForIncompletion } },
});
const flow = workflow([simple('work', { inputParameters: { x: '${workflow.input.x}' } })]);

/** After the first attempt fails, the second is scheduled after so many seconds. */
const waits = (name: string, def: object, seconds: number): Case => ({
  name,
  taskDefs: [taskDef('work', { retryCount: 5, ...def })],
  workflows: [flow],
  steps: [
    { do: 'start' },
    fail('no'),
    {
      do: 'expect',
      status: 'RUNNING',
      eventually: true,
      tasks: [
        ['work', 'FAILED', { retryCount: 0, retried: true }],
        ['work', 'SCHEDULED', { retryCount: 1, callbackAfterSeconds: seconds, startDelayInSeconds: seconds }],
      ],
    },
  ],
});

export const retries: Case[] = [
  {
    name: 'a task that fails is tried again and then succeeds',
    taskDefs: [taskDef('work', { retryCount: 2 })],
    workflows: [flow],
    steps: [
      { do: 'start', input: { x: 1 } },
      fail('first'),
      { do: 'work', task: '@@work', input: { x: 1 }, reply: { status: 'COMPLETED', outputData: { ok: true } } },
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { ok: true },
        tasks: [
          [
            'work',
            'FAILED',
            { retryCount: 0, retried: true, reasonForIncompletion: 'first', outputData: { from: 'first' } },
          ],
          ['work', 'COMPLETED', { retryCount: 1, retried: false, retriedTaskId: '<id>', outputData: { ok: true } }],
        ],
      },
    ],
  },
  {
    name: 'when the last attempt fails, so does the workflow',
    taskDefs: [taskDef('work', { retryCount: 1 })],
    workflows: [flow],
    steps: [
      { do: 'start' },
      fail('first'),
      fail('second'),
      {
        do: 'expect',
        status: 'FAILED',
        output: { from: 'second' },
        reason: "Task <id> failed with status: FAILED and reason: 'second'",
        tasks: [
          ['work', 'FAILED', { retryCount: 0 }],
          ['work', 'FAILED', { retryCount: 1, reasonForIncompletion: 'second' }],
        ],
      },
      {
        do: 'http',
        path: '/workflow/{id}?includeTasks=false',
        status: 200,
        answer: { failedReferenceTaskNames: ['work'], failedTaskNames: ['@@work'], tasks: [] },
      },
    ],
  },
  {
    name: 'no reason is null',
    taskDefs: [taskDef('work')],
    workflows: [
      workflow([simple('work')], { outputParameters: { status: '${work.status}', of: '${workflow.status}' } }),
    ],
    steps: [
      { do: 'start' },
      { do: 'work', task: '@@work', reply: { status: 'FAILED' } },
      {
        do: 'expect',
        status: 'FAILED',
        output: { status: 'FAILED', of: 'FAILED' },
        reason: "Task <id> failed with status: FAILED and reason: 'null'",
        tasks: [['work', 'FAILED']],
      },
    ],
  },
  {
    name: 'FAILED_WITH_TERMINAL_ERROR is not tried again',
    taskDefs: [taskDef('work', { retryCount: 3 })],
    workflows: [workflow([simple('work'), system('HUMAN', 'never')])],
    steps: [
      { do: 'start' },
      { do: 'work', task: '@@work', reply: { status: 'FAILED_WITH_TERMINAL_ERROR', reasonForIncompletion: 'final' } },
      {
        do: 'expect',
        status: 'FAILED',
        reason: "Task <id> failed with status: FAILED and reason: 'final'",
        tasks: [['work', 'FAILED_WITH_TERMINAL_ERROR', { retried: false }]],
      },
    ],
  },
  {
    name: "a task's place in the workflow may have its own number of retries",
    taskDefs: [taskDef('work', { retryCount: 3 })],
    workflows: [workflow([simple('work', { retryCount: 0 })])],
    steps: [{ do: 'start' }, fail('only'), { do: 'expect', status: 'FAILED', tasks: [['work', 'FAILED']] }],
  },
  {
    name: 'an optional task that fails, after its retries, does not stop the workflow',
    taskDefs: [taskDef('work', { retryCount: 1 })],
    workflows: [
      workflow([simple('work', { optional: true }), system('SET_VARIABLE', 'after', { was: '${work.status}' })]),
    ],
    steps: [
      { do: 'start' },
      fail('first'),
      fail('second'),
      {
        do: 'expect',
        status: 'COMPLETED',
        variables: { was: 'COMPLETED_WITH_ERRORS' },
        tasks: [
          ['work', 'FAILED'],
          ['work', 'COMPLETED_WITH_ERRORS', { reasonForIncompletion: 'second' }],
          ['after', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'an optional task that fails last: the workflow is complete, the task still reads FAILED',
    taskDefs: [taskDef('work')],
    workflows: [workflow([simple('work', { optional: true })], { outputParameters: { was: '${work.status}' } })],
    steps: [
      { do: 'start' },
      fail('only'),
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { was: 'COMPLETED_WITH_ERRORS' },
        tasks: [['work', 'FAILED', { executed: false, reasonForIncompletion: 'only' }]],
      },
    ],
  },
  {
    name: 'CANCELED terminates the workflow',
    taskDefs: [taskDef('work', { retryCount: 3 })],
    workflows: [flow],
    steps: [
      { do: 'start' },
      { do: 'work', task: '@@work', reply: { status: 'CANCELED', reasonForIncompletion: 'stop' } },
      {
        do: 'expect',
        status: 'TERMINATED',
        reason: "Task <id> failed with status: TERMINATED and reason: 'stop'",
        tasks: [['work', 'CANCELED']],
      },
    ],
  },
  {
    name: 'the next attempt is kept back for its delay',
    taskDefs: [taskDef('work', { retryCount: 1, retryDelaySeconds: 1 })],
    workflows: [flow],
    steps: [
      { do: 'start' },
      fail('first'),
      { do: 'work', task: '@@work', atLeastMs: 950, reply: { status: 'COMPLETED' } },
      {
        do: 'expect',
        status: 'COMPLETED',
        tasks: [
          ['work', 'FAILED'],
          ['work', 'COMPLETED', { startDelayInSeconds: 1 }],
        ],
      },
    ],
  },
  waits('FIXED waits the same each time', { retryDelaySeconds: 7, retryLogic: 'FIXED' }, 7),
  waits(
    'LINEAR_BACKOFF waits for delay x factor x attempt',
    { retryDelaySeconds: 7, retryLogic: 'LINEAR_BACKOFF', backoffScaleFactor: 3 },
    21,
  ),
  waits('EXPONENTIAL_BACKOFF begins with the delay', { retryDelaySeconds: 7, retryLogic: 'EXPONENTIAL_BACKOFF' }, 7),
  waits(
    'maxRetryDelaySeconds caps the wait',
    { retryDelaySeconds: 70, retryLogic: 'LINEAR_BACKOFF', backoffScaleFactor: 3, maxRetryDelaySeconds: 11 },
    11,
  ),
  {
    name: 'EXPONENTIAL_BACKOFF doubles',
    taskDefs: [taskDef('work', { retryCount: 5, retryDelaySeconds: 1, retryLogic: 'EXPONENTIAL_BACKOFF' })],
    workflows: [flow],
    steps: [
      { do: 'start' },
      fail('first'),
      fail('second'),
      {
        do: 'expect',
        status: 'RUNNING',
        eventually: true,
        tasks: [
          ['work', 'FAILED', { startDelayInSeconds: 0 }],
          ['work', 'FAILED', { startDelayInSeconds: 1 }],
          [
            'work',
            'SCHEDULED',
            { startDelayInSeconds: 2, retryCount: 2, reasonForIncompletion: 'second', outputData: {} },
          ],
        ],
      },
    ],
  },
];
