import type { Case } from '../types.ts';
import { completes, fails, inline, join, loop, simple, system, taskDef, workflow } from '../types.ts';

const dynamicFork = (inputParameters: object, extra: object = {}) => ({
  name: 'fork',
  taskReferenceName: 'fork',
  type: 'FORK_JOIN_DYNAMIC',
  inputParameters,
  dynamicForkTasksParam: 'tasks',
  dynamicForkTasksInputParamName: 'inputs',
  ...extra,
});
const given = { tasks: '${workflow.input.tasks}', inputs: '${workflow.input.inputs}' };
const forkOf = workflow([dynamicFork(given), join([])]);
const failsAtOnce = (input: object, reason: string) => [
  { do: 'start' as const, input },
  { do: 'expect' as const, status: 'FAILED', reason, tasks: [] },
];
const dynamic = (inputParameters: object = {}) => ({
  name: 'it',
  taskReferenceName: 'it',
  type: 'DYNAMIC',
  inputParameters: { which: '${workflow.input.which}', ...inputParameters },
  dynamicTaskNameParam: 'which',
});

export const dynamicTasks: Case[] = [
  {
    name: 'FORK_JOIN_DYNAMIC forks the tasks of its input, with their inputs',
    taskDefs: [taskDef('a'), taskDef('b')],
    workflows: [forkOf],
    steps: [
      {
        do: 'start',
        input: {
          tasks: [simple('a', { inputParameters: { own: 1 } }), simple('b')],
          inputs: { a: { x: 1 }, b: { x: 2 } },
        },
      },
      {
        do: 'expect',
        status: 'RUNNING',
        tasks: [
          ['fork', 'COMPLETED', { taskType: 'FORK', taskDefName: 'FORK' }],
          ['a', 'SCHEDULED', { inputData: { own: 1, x: 1 } }],
          ['b', 'SCHEDULED', { inputData: { x: 2 } }],
          ['join', 'IN_PROGRESS', { inputData: { joinOn: ['a', 'b'] } }],
        ],
      },
      {
        do: 'http',
        path: '/workflow/{id}',
        status: 200,
        answer: { tasks: [{ inputData: { forkedTasks: ['a', 'b'], inputs: { a: { x: 1 } } } }, {}, {}, {}] },
      },
      completes('b', { from: 'b' }),
      completes('a', { from: 'a' }),
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { a: { from: 'a' }, b: { from: 'b' } },
        tasks: [
          ['fork', 'COMPLETED'],
          ['a', 'COMPLETED'],
          ['b', 'COMPLETED'],
          ['join', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'a dynamic fork of nothing, and of tasks that need no worker',
    workflows: [forkOf],
    steps: [
      { do: 'start', input: { tasks: [], inputs: {} } },
      {
        do: 'expect',
        status: 'COMPLETED',
        tasks: [
          ['fork', 'COMPLETED'],
          ['join', 'COMPLETED', { inputData: { joinOn: [] } }],
        ],
      },
      { do: 'start', input: { tasks: [inline('x', '$.q + 1'), inline('y', '7')], inputs: { x: { q: 4 } } } },
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { x: { result: 5 }, y: { result: 7 } },
        tasks: [
          ['fork', 'COMPLETED'],
          ['x', 'COMPLETED'],
          ['y', 'COMPLETED'],
          ['join', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'what a dynamically forked task would be followed by in a case does not run',
    workflows: [forkOf],
    steps: [
      {
        do: 'start',
        input: {
          tasks: [
            system(
              'SWITCH',
              'pick',
              { x: 'p' },
              {
                evaluatorType: 'value-param',
                expression: 'x',
                decisionCases: { p: [inline('first', '1'), inline('second', '2')] },
              },
            ),
          ],
          inputs: {},
        },
      },
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { first: { result: 1 } },
        tasks: [
          ['fork', 'COMPLETED'],
          ['pick', 'COMPLETED'],
          ['first', 'COMPLETED'],
          ['join', 'COMPLETED', { inputData: { joinOn: ['first'] } }],
        ],
      },
    ],
  },
  {
    name: 'a dynamically forked task that fails fails the workflow; without a definition it is not tried again',
    why: 'the real server may have run the JOIN just then, and leaves it IN_PROGRESS',
    workflows: [forkOf],
    steps: [
      { do: 'start', input: { tasks: [simple('a'), simple('b')], inputs: {} } },
      fails('a', 'broken'),
      {
        do: 'expect',
        status: 'FAILED',
        reason: "Task <id> failed with status: FAILED and reason: 'broken'",
        tasks: [
          ['fork', 'COMPLETED'],
          ['a', 'FAILED', { retryCount: 0 }],
          ['b', 'CANCELED'],
          ['join', '*'],
        ],
      },
    ],
  },
  {
    name: 'an optional one does not',
    taskDefs: [taskDef('a'), taskDef('b')],
    workflows: [forkOf],
    steps: [
      { do: 'start', input: { tasks: [simple('a', { optional: true }), simple('b')], inputs: {} } },
      fails('a', 'not needed'),
      completes('b'),
      {
        do: 'expect',
        status: 'COMPLETED',
        tasks: [
          ['fork', 'COMPLETED'],
          ['a', 'COMPLETED_WITH_ERRORS'],
          ['b', 'COMPLETED'],
          ['join', 'COMPLETED_WITH_ERRORS', { reasonForIncompletion: '@@a/<id> completed with errors' }],
        ],
      },
    ],
  },
  {
    name: 'what is no list of tasks, and no map of inputs',
    workflows: [forkOf],
    steps: [
      ...failsAtOnce(
        { tasks: 'none', inputs: {} },
        "Input 'tasks' is invalid. Cannot deserialize a list of Workflow Tasks from 'none'",
      ),
      ...failsAtOnce(
        { inputs: {} },
        "Input 'tasks' is invalid. Cannot deserialize a list of Workflow Tasks from 'null'",
      ),
      ...failsAtOnce(
        { tasks: [{ name: 'x', type: 'SIMPLE' }], inputs: {} },
        "Input 'tasks' is invalid. Cannot deserialize a list of Workflow Tasks from '[{name=x, type=SIMPLE}]'",
      ),
      ...failsAtOnce(
        { tasks: [inline('x', '1')], inputs: [1] },
        'Input to the dynamically forked tasks is not a map -> expecting a map of K,V  but found [1]',
      ),
    ],
  },
  {
    name: 'a dynamic fork that no JOIN follows fails the workflow',
    workflows: [workflow([dynamicFork(given), inline('after', '1')])],
    steps: failsAtOnce(
      { tasks: [inline('x', '1')], inputs: {} },
      'Dynamic join definition is not followed by a join task.  Check the workflow definition.',
    ),
  },
  {
    name: 'forkTaskName: the same task for each of the inputs',
    taskDefs: [taskDef('a')],
    workflows: [workflow([dynamicFork({ forkTaskName: '@@a', forkTaskInputs: '${workflow.input.list}' }), join([])])],
    steps: [
      { do: 'start', input: { list: [{ x: 1 }, 'two'] } },
      { ...completes('a', { k: 1 }), input: { x: 1, __index: 0 } },
      { ...completes('a', { k: 2 }), input: { input: 'two', __index: 1 } },
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { '_@@a_0': { k: 1 }, '_@@a_1': { k: 2 } },
        tasks: [
          ['fork', 'COMPLETED'],
          ['_@@a_0', 'COMPLETED'],
          ['_@@a_1', 'COMPLETED'],
          ['join', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'forkTaskName in an optional fork: each task is optional',
    why: 'a JOIN that looks before the failure is dealt with is COMPLETED there, COMPLETED_WITH_ERRORS otherwise',
    taskDefs: [taskDef('a')],
    workflows: [
      workflow([dynamicFork({ forkTaskName: '@@a', forkTaskInputs: [{ x: 1 }] }, { optional: true }), join([])]),
    ],
    steps: [
      { do: 'start' },
      fails('a', 'not needed'),
      {
        do: 'expect',
        status: 'COMPLETED',
        tasks: [
          ['fork', 'COMPLETED'],
          ['_@@a_0', 'COMPLETED_WITH_ERRORS'],
          ['join', '*'],
        ],
      },
    ],
  },
  {
    name: 'forkTaskType: a task that needs no worker; names that are taken get longer',
    workflows: [
      workflow([
        loop(
          [
            dynamicFork({
              forkTaskType: 'INLINE',
              forkTaskInputs: [{ evaluatorType: 'javascript', expression: '6 + 1' }],
            }),
            join([]),
          ],
          '$.loop.iteration < 3',
        ),
      ]),
    ],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { _fork_INLINE_0__3: { result: 7 } },
        tasks: [
          ['loop', 'COMPLETED'],
          ['fork__1', 'COMPLETED'],
          ['_INLINE_0__1', 'COMPLETED'],
          ['join__1', 'COMPLETED', { outputData: { _INLINE_0__1: { result: 7 } } }],
          ['fork__2', 'COMPLETED'],
          ['_fork_INLINE_0__2', 'COMPLETED'],
          ['join__2', 'COMPLETED'],
          ['fork__3', 'COMPLETED'],
          ['_fork_INLINE_0__3', 'COMPLETED'],
          ['join__3', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'forkTaskWorkflow: a workflow for each of the inputs',
    workflows: [
      workflow([
        dynamicFork({
          forkTaskWorkflow: '@@child',
          forkTaskWorkflowVersion: '1',
          forkTaskInputs: [{ x: 1 }, { x: 2 }],
        }),
        join([]),
        inline('after', '[$.a, $.b]', { a: '${join.output._fork_0.result}', b: '${join.output._fork_1.result}' }),
      ]),
      workflow([inline('c', '$.x * 10', { x: '${workflow.input.x}' })], { name: '@@child' }),
    ],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { result: [10, 20] },
        tasks: [
          ['fork', 'COMPLETED'],
          ['_fork_0', 'COMPLETED', { taskType: 'SUB_WORKFLOW', taskDefName: '@@child' }],
          ['_fork_1', 'COMPLETED', { inputData: expectInput({ x: 2, __index: 1 }) }],
          ['join', 'COMPLETED'],
          ['after', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'the old form of a dynamic fork: dynamicForkJoinTasksParam',
    taskDefs: [taskDef('a')],
    workflows: [
      workflow([
        {
          name: 'fork',
          taskReferenceName: 'fork',
          type: 'FORK_JOIN_DYNAMIC',
          inputParameters: {
            list: { dynamicTasks: [{ taskName: '@@a', referenceName: 'a', type: 'SIMPLE', input: { x: 1 } }] },
          },
          dynamicForkJoinTasksParam: 'list',
        },
        join([]),
      ]),
    ],
    steps: [
      { do: 'start' },
      { ...completes('a', { k: 1 }), input: { x: 1 } },
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { a: { k: 1 } },
        tasks: [
          ['fork', 'COMPLETED'],
          ['a', 'COMPLETED'],
          ['join', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'what a dynamic fork must have',
    steps: [
      {
        do: 'http',
        method: 'POST',
        path: '/metadata/workflow',
        body: workflow([dynamicFork({}, { dynamicForkTasksInputParamName: undefined }), join([])]),
        status: 400,
        answer: {
          validationErrors: [
            {
              message:
                'dynamicForkTasksInputParamName field is required for taskType: FORK_JOIN_DYNAMIC taskName: fork',
            },
          ],
        },
      },
      {
        do: 'http',
        method: 'POST',
        path: '/metadata/workflow',
        body: workflow([dynamicFork({}, { dynamicForkJoinTasksParam: 'list' }), join([])]),
        status: 400,
        answer: {
          validationErrors: [
            {
              message:
                'dynamicForkJoinTasksParam or combination of dynamicForkTasksInputParamName and dynamicForkTasksParam cam be used for taskType: FORK_JOIN_DYNAMIC taskName: fork',
            },
          ],
        },
      },
    ],
  },
  {
    name: 'DYNAMIC is the task that its input names',
    taskDefs: [taskDef('a')],
    workflows: [workflow([dynamic({ x: 1 }), inline('after', '$.k', { k: '${it.output.k}' })])],
    steps: [
      { do: 'start', input: { which: '@@a' } },
      {
        do: 'expect',
        status: 'RUNNING',
        tasks: [
          ['it', 'SCHEDULED', { taskType: '@@a', taskDefName: '@@a', workflowTask: { type: 'DYNAMIC', name: '@@a' } }],
        ],
      },
      { ...completes('a', { k: 5 }), input: { which: '@@a', x: 1 } },
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { result: 5 },
        tasks: [
          ['it', 'COMPLETED'],
          ['after', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'DYNAMIC is not tried again, whatever the definition of the task it names says',
    taskDefs: [taskDef('a', { retryCount: 2 })],
    workflows: [workflow([dynamic()])],
    steps: [
      { do: 'start', input: { which: '@@a' } },
      fails('a', 'broken'),
      { do: 'expect', status: 'FAILED', tasks: [['it', 'FAILED', { retried: false }]] },
    ],
  },
  {
    name: 'DYNAMIC of a type that needs no worker',
    workflows: [workflow([dynamic({ v: 1 })])],
    steps: [
      { do: 'start', input: { which: 'SET_VARIABLE' } },
      {
        do: 'expect',
        status: 'COMPLETED',
        variables: { v: 1, which: 'SET_VARIABLE' },
        tasks: [['it', 'COMPLETED', { taskType: 'SET_VARIABLE', taskDefName: 'SET_VARIABLE' }]],
      },
    ],
  },
  {
    name: 'DYNAMIC that nothing names fails the workflow',
    workflows: [workflow([dynamic()])],
    steps: failsAtOnce(
      {},
      'Cannot map a dynamic task based on the parameter and input. Parameter= which, input= {which=null}',
    ),
  },
  {
    name: 'NOOP does nothing, and has no input',
    workflows: [workflow([system('NOOP', 'nothing', { x: 1 })])],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'COMPLETED',
        output: {},
        tasks: [['nothing', 'COMPLETED', { taskType: 'NOOP', inputData: {}, outputData: {} }]],
      },
    ],
  },
];

function expectInput(workflowInput: object) {
  return { subWorkflowName: '@@child', subWorkflowVersion: 1, subWorkflowDefinition: null, workflowInput };
}
