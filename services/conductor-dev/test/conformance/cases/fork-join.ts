import type { Case } from '../types.ts';
import { completes, exclusiveJoin, fails, fork, inline, join, simple, system, taskDef, workflow } from '../types.ts';

const defs = [taskDef('a'), taskDef('b')];
const twoWorkers = (a: object = {}, b: object = {}, joinExtra: object = {}) => [
  fork([[simple('a', a)], [simple('b', b)]]),
  join(['a', 'b'], joinExtra),
];
const pick = (cases: object, defaultCase: object[] = []) =>
  system(
    'SWITCH',
    'pick',
    { which: '${workflow.input.which}' },
    {
      evaluatorType: 'value-param',
      expression: 'which',
      decisionCases: cases,
      defaultCase,
    },
  );

export const forks: Case[] = [
  {
    name: 'FORK_JOIN runs its branches, JOIN waits for them and has their outputs',
    workflows: [
      workflow([
        fork([[inline('x', '1')], [inline('y', '2'), inline('z', '3')]], {
          inputParameters: { given: '${workflow.input.g}' },
        }),
        join(['x', 'z']),
        inline('after', '$.joined', { joined: '${join.output}' }),
      ]),
    ],
    steps: [
      { do: 'start', input: { g: 7 } },
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { result: { x: { result: 1 }, z: { result: 3 } } },
        tasks: [
          ['fork', 'COMPLETED', { taskType: 'FORK', taskDefName: 'FORK', inputData: { given: 7 }, outputData: {} }],
          ['x', 'COMPLETED', { seq: 2 }],
          ['y', 'COMPLETED'],
          ['join', 'COMPLETED', { taskType: 'JOIN', taskDefName: 'JOIN', inputData: { joinOn: ['x', 'z'] } }],
          ['z', 'COMPLETED', { seq: 5 }],
          ['after', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'branches with workers are scheduled together, and end in any order',
    taskDefs: defs,
    workflows: [workflow(twoWorkers())],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'RUNNING',
        tasks: [
          ['fork', 'COMPLETED'],
          ['a', 'SCHEDULED'],
          ['b', 'SCHEDULED'],
          ['join', 'IN_PROGRESS'],
        ],
      },
      completes('b', { from: 'b' }),
      completes('a'),
      {
        do: 'expect',
        status: 'COMPLETED',
        // An empty output is left out.
        output: { b: { from: 'b' } },
        tasks: [
          ['fork', 'COMPLETED'],
          ['a', 'COMPLETED'],
          ['b', 'COMPLETED'],
          ['join', 'COMPLETED', { outputData: { b: { from: 'b' } } }],
        ],
      },
    ],
  },
  {
    name: 'a branch that fails fails the workflow; the others are canceled',
    why: 'the real server may have run the JOIN just then: it may be IN_PROGRESS, and have the output of what failed',
    taskDefs: defs,
    workflows: [workflow(twoWorkers())],
    steps: [
      { do: 'start' },
      fails('a', 'broken', { half: true }),
      {
        do: 'expect',
        status: 'FAILED',
        reason: "Task <id> failed with status: FAILED and reason: 'broken'",
        tasks: [
          ['fork', 'COMPLETED'],
          ['a', 'FAILED', { reasonForIncompletion: 'broken' }],
          ['b', 'CANCELED'],
          ['join', '*'],
        ],
      },
      { do: 'http', path: '/tasks/poll/batch/@@b?count=1&timeout=100', status: 200, answer: [] },
    ],
  },
  {
    name: 'a branch that is tried again joins with the attempt that succeeds',
    why: 'a JOIN of the real server that looks before the next attempt is there fails, unless the task is permissive',
    taskDefs: [taskDef('a', { retryCount: 1 }), taskDef('b')],
    workflows: [workflow(twoWorkers({ permissive: true }))],
    steps: [
      { do: 'start' },
      fails('a', 'first'),
      completes('a', { second: true }),
      completes('b'),
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { second: true },
        tasks: [
          ['fork', 'COMPLETED'],
          ['a', 'FAILED', { retried: true }],
          ['b', 'COMPLETED'],
          ['join', 'COMPLETED', { outputData: { a: { second: true } } }],
          ['a', 'COMPLETED', { retryCount: 1 }],
        ],
      },
      { do: 'http', path: '/workflow/{id}', status: 200, answer: { failedReferenceTaskNames: ['a'] } },
    ],
  },
  {
    name: 'an optional task that fails completes the JOIN with errors',
    taskDefs: defs,
    workflows: [
      workflow([...twoWorkers({ optional: true }), system('SET_VARIABLE', 'after', { was: '${join.status}' })]),
    ],
    steps: [
      { do: 'start' },
      fails('a', 'not needed', { half: true }),
      completes('b'),
      {
        do: 'expect',
        status: 'COMPLETED',
        variables: { was: 'COMPLETED_WITH_ERRORS' },
        tasks: [
          ['fork', 'COMPLETED'],
          ['a', 'COMPLETED_WITH_ERRORS', { reasonForIncompletion: 'not needed' }],
          ['b', 'COMPLETED'],
          [
            'join',
            'COMPLETED_WITH_ERRORS',
            { reasonForIncompletion: '@@a/<id> completed with errors', outputData: { a: { half: true } } },
          ],
          ['after', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'a permissive task that fails lets the other branches end; then JOIN fails',
    taskDefs: defs,
    workflows: [workflow([...twoWorkers({ permissive: true }, { permissive: true }), simple('never')])],
    steps: [
      { do: 'start' },
      fails('a', 'broken', { half: true }),
      {
        do: 'expect',
        status: 'RUNNING',
        eventually: true,
        tasks: [
          ['fork', 'COMPLETED'],
          ['a', 'FAILED'],
          ['b', 'SCHEDULED'],
          ['join', 'IN_PROGRESS'],
        ],
      },
      completes('b'),
      {
        do: 'expect',
        status: 'FAILED',
        reason: "Task <id> failed with status: FAILED and reason: 'broken'",
        output: { a: { half: true } },
        tasks: [
          ['fork', 'COMPLETED'],
          ['a', 'FAILED', { executed: true }],
          ['b', 'COMPLETED'],
          ['join', 'FAILED', { reasonForIncompletion: 'broken', outputData: { a: { half: true } } }],
        ],
      },
    ],
  },
  {
    name: 'JOIN of permissive tasks says why each failed',
    taskDefs: defs,
    workflows: [workflow(twoWorkers({ permissive: true }, { permissive: true }))],
    steps: [
      { do: 'start' },
      fails('a', 'one'),
      fails('b', 'two'),
      {
        do: 'expect',
        status: 'FAILED',
        reason: "Task <id> failed with status: FAILED and reason: 'one two'",
        tasks: [
          ['fork', 'COMPLETED'],
          ['a', 'FAILED'],
          ['b', 'FAILED'],
          ['join', 'FAILED', { reasonForIncompletion: 'one two' }],
        ],
      },
    ],
  },
  {
    name: 'an optional JOIN of permissive tasks: what follows runs, and the workflow fails at its end',
    taskDefs: [...defs, taskDef('after')],
    workflows: [
      workflow([...twoWorkers({ permissive: true }, { permissive: true }, { optional: true }), simple('after')]),
    ],
    steps: [
      { do: 'start' },
      fails('a', 'broken'),
      completes('b'),
      completes('after', { done: true }),
      {
        do: 'expect',
        status: 'FAILED',
        reason: "Task <id> failed with status: FAILED and reason: 'broken'",
        output: { done: true },
        tasks: [
          ['fork', 'COMPLETED'],
          ['a', 'FAILED'],
          ['b', 'COMPLETED'],
          ['join', 'COMPLETED_WITH_ERRORS', { reasonForIncompletion: 'broken' }],
          ['after', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'permissive outside a fork: the next task runs, and the workflow fails at its end',
    taskDefs: defs,
    workflows: [workflow([simple('a', { permissive: true }), simple('b')])],
    steps: [
      { do: 'start' },
      fails('a', 'broken'),
      completes('b'),
      {
        do: 'expect',
        status: 'FAILED',
        reason: "Task <id> failed with status: FAILED and reason: 'broken'",
        tasks: [
          ['a', 'FAILED', { executed: true }],
          ['b', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'a permissive task that is optional as well is optional',
    taskDefs: defs,
    workflows: [workflow([simple('a', { permissive: true, optional: true }), inline('after', '1')])],
    steps: [
      { do: 'start' },
      fails('a', 'broken'),
      {
        do: 'expect',
        status: 'COMPLETED',
        tasks: [
          ['a', 'COMPLETED_WITH_ERRORS'],
          ['after', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'JOIN on one of the branches goes on without the others; the workflow ends with the last of them',
    taskDefs: defs,
    workflows: [workflow([fork([[simple('a')], [simple('b')]]), join(['a']), inline('after', '1')])],
    steps: [
      { do: 'start' },
      completes('a', { first: true }),
      {
        do: 'expect',
        status: 'RUNNING',
        eventually: true,
        tasks: [
          ['fork', 'COMPLETED'],
          ['a', 'COMPLETED'],
          ['b', 'SCHEDULED'],
          ['join', 'COMPLETED', { outputData: { a: { first: true } } }],
          ['after', 'COMPLETED'],
        ],
      },
      completes('b'),
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { result: 1 },
        tasks: [
          ['fork', 'COMPLETED'],
          ['a', 'COMPLETED'],
          ['b', 'COMPLETED'],
          ['join', 'COMPLETED'],
          ['after', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'TERMINATE in a branch ends the workflow and cancels the others',
    why: 'the real server may have run the JOIN just then, and leaves it IN_PROGRESS',
    taskDefs: defs,
    workflows: [
      workflow([
        fork([
          [simple('a')],
          [system('TERMINATE', 'stop', { terminationStatus: 'COMPLETED', workflowOutput: { d: 1 } })],
        ]),
        join(['a', 'stop']),
      ]),
    ],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { d: 1 },
        reason: 'Workflow is COMPLETED by TERMINATE task: <id>',
        tasks: [
          ['fork', 'COMPLETED'],
          ['a', 'CANCELED'],
          ['stop', 'COMPLETED'],
          ['join', '*'],
        ],
      },
    ],
  },
  {
    name: 'forks inside forks and cases',
    workflows: [
      workflow([
        fork([
          [fork([[inline('x', '1')], [inline('y', '2')]], {}, 'inner'), join(['x', 'y'], {}, 'innerJoin')],
          [pick({ p: [inline('p', '3')] })],
        ]),
        join(['innerJoin', 'p']),
      ]),
    ],
    steps: [
      { do: 'start', input: { which: 'p' } },
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { innerJoin: { x: { result: 1 }, y: { result: 2 } }, p: { result: 3 } },
        tasks: [
          ['fork', 'COMPLETED'],
          ['inner', 'COMPLETED'],
          ['x', 'COMPLETED'],
          ['y', 'COMPLETED'],
          ['innerJoin', 'COMPLETED'],
          ['pick', 'COMPLETED'],
          ['p', 'COMPLETED'],
          ['join', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'a fork that no JOIN follows fails the workflow',
    workflows: [workflow([fork([[inline('x', '1')]]), inline('after', '1')])],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'FAILED',
        reason: 'Fork task definition is not followed by a join task.  Check the blueprint',
        tasks: [],
      },
    ],
  },
  {
    name: 'a branch without tasks makes the start fail',
    workflows: [workflow([fork([[]]), join([])])],
    steps: [
      {
        do: 'http',
        method: 'POST',
        path: '/workflow',
        body: { name: '@@flow', input: {} },
        status: 500,
        answer: { message: 'Index 0 out of bounds for length 0' },
      },
    ],
  },
  {
    name: 'JOIN without a fork: of nothing, and of what has ended',
    workflows: [workflow([inline('x', '1'), join([], {}, 'none'), join(['x'])])],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { x: { result: 1 } },
        tasks: [
          ['x', 'COMPLETED'],
          ['none', 'COMPLETED', { outputData: {} }],
          ['join', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'JOIN on what never begins waits',
    workflows: [workflow([inline('x', '1'), join(['x', 'nobody'])])],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'RUNNING',
        eventually: true,
        tasks: [
          ['x', 'COMPLETED'],
          ['join', 'IN_PROGRESS'],
        ],
      },
      { do: 'http', method: 'DELETE', path: '/workflow/{id}', status: 200 },
    ],
  },
  ...['p', 'q', 'other'].map(
    (which): Case => ({
      name: `EXCLUSIVE_JOIN has the outcome of the case that ran, or of the default: ${which}`,
      workflows: [
        workflow([
          inline('before', '"default"'),
          pick({ p: [inline('fromP', '"p"')], q: [inline('fromQ', '"q"')] }),
          exclusiveJoin(['fromP', 'fromQ'], ['before']),
          system('SET_VARIABLE', 'after', { got: '${join.output.result}' }),
        ]),
      ],
      steps: [
        { do: 'start', input: { which } },
        {
          do: 'expect',
          status: 'COMPLETED',
          variables: { got: which === 'other' ? 'default' : which },
          tasks: [
            ['before', 'COMPLETED'],
            ['pick', 'COMPLETED'],
            ...(which === 'other' ? [] : [[`from${which.toUpperCase()}`, 'COMPLETED'] as [string, string]]),
            [
              'join',
              'COMPLETED',
              {
                taskType: 'EXCLUSIVE_JOIN',
                taskDefName: 'EXCLUSIVE_JOIN',
                inputData: { joinOn: ['fromP', 'fromQ'], defaultExclusiveJoinTask: ['before'] },
              },
            ],
            ['after', 'COMPLETED'],
          ],
        },
      ],
    }),
  ),
  {
    name: 'EXCLUSIVE_JOIN of a task that failed but was optional has its output',
    taskDefs: defs,
    workflows: [workflow([pick({ p: [simple('a', { optional: true })] }), exclusiveJoin(['a', 'b'])])],
    steps: [
      { do: 'start', input: { which: 'p' } },
      fails('a', 'not needed', { half: true }),
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { half: true },
        tasks: [
          ['pick', 'COMPLETED'],
          ['a', 'COMPLETED_WITH_ERRORS'],
          ['join', 'COMPLETED', { inputData: { joinOn: ['a', 'b'], defaultExclusiveJoinTask: [] } }],
        ],
      },
    ],
  },
  {
    name: 'EXCLUSIVE_JOIN of what never begins waits',
    workflows: [workflow([inline('x', '1'), exclusiveJoin(['nobody'])])],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'RUNNING',
        tasks: [
          ['x', 'COMPLETED'],
          ['join', 'IN_PROGRESS'],
        ],
      },
      { do: 'http', method: 'DELETE', path: '/workflow/{id}', status: 200 },
    ],
  },
  {
    name: 'what is wrong inside a fork is said with its path',
    steps: [
      {
        do: 'http',
        method: 'POST',
        path: '/metadata/workflow',
        body: workflow([
          fork([[{ name: 'x', taskReferenceName: 'x', type: 'SWITCH', decisionCases: { a: [] } }]]),
          join([]),
        ]),
        status: 400,
        answer: {
          validationErrors: [
            {
              path: 'registerWorkflowDef.arg0.tasks[0].forkTasks[0].<list element>[0]',
              message: 'evaluatorType field is required for taskType: SWITCH taskName: x',
            },
          ],
        },
      },
      {
        do: 'http',
        method: 'POST',
        path: '/metadata/workflow',
        body: workflow([fork([]), join([])]),
        status: 400,
        answer: {
          validationErrors: [
            {
              path: 'registerWorkflowDef.arg0.tasks[0]',
              message: 'forkTasks should have atleast one task for taskType: FORK_JOIN taskName: fork',
            },
          ],
        },
      },
      {
        do: 'http',
        method: 'POST',
        path: '/metadata/workflow',
        body: workflow([fork([[inline('x', '1')], [inline('x', '2')]]), join(['x'])]),
        status: 400,
        answer: {
          validationErrors: [
            {
              path: 'registerWorkflowDef.arg0',
              message: 'taskReferenceName: x should be unique across tasks for a given workflowDefinition: @@flow',
            },
          ],
        },
      },
    ],
  },
];
