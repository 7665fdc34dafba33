import type { Case } from '../types.ts';
import { completes, fails, inline, simple, subWorkflow, system, taskDef, workflow } from '../types.ts';

const child = (tasks: object[], extra: object = {}) => workflow(tasks, { name: '@@child', ...extra });
const quick = child([inline('c', '$.x * 10', { x: '${workflow.input.x}' })], {
  outputParameters: { y: '${c.output.result}', parent: '${workflow.parentWorkflowId}', got: '${workflow.input}' },
});
const withWorker = child([simple('a', { inputParameters: { x: '${workflow.input.x}' } })]);
const xOfInput = { x: '${workflow.input.x}' };
/** Waits until the task has started its workflow, whose id is kept as `child`, and a worker has its task. */
const childBegins = [
  { do: 'work' as const, task: '@@a' },
  { do: 'expect' as const, status: 'RUNNING', eventually: true, tasks: [['sub', 'IN_PROGRESS'] as [string, string]] },
  {
    do: 'http' as const,
    path: '/workflow/{id}',
    status: 200,
    keep: ['child', 'tasks.0.subWorkflowId'] as [string, string],
  },
];
const childFailed = (reason: string) => `Sub workflow @@child.1/<id> failure reason: ${reason}`;

export const subWorkflows: Case[] = [
  {
    name: 'SUB_WORKFLOW has the output of the workflow it starts, which knows where it comes from',
    workflows: [workflow([subWorkflow(xOfInput), inline('after', '$.y + 1', { y: '${sub.output.y}' })]), quick],
    steps: [
      { do: 'start', input: { x: 2 }, correlationId: '@@c', priority: 7 },
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { result: 21 },
        tasks: [
          [
            'sub',
            'COMPLETED',
            {
              taskType: 'SUB_WORKFLOW',
              taskDefName: 'sub',
              subWorkflowId: '<id>',
              inputData: {
                subWorkflowName: '@@child',
                subWorkflowVersion: 1,
                subWorkflowDefinition: null,
                subWorkflowTaskToDomain: null,
                priority: null,
                idempotencyKey: null,
                idempotencyStrategy: null,
                workflowInput: { x: 2 },
              },
              outputData: { subWorkflowId: '<id>', y: 20, parent: '<id>', got: { x: 2 } },
            },
          ],
          ['after', 'COMPLETED'],
        ],
      },
      { do: 'http', path: '/workflow/{id}', status: 200, keep: ['child', 'tasks.0.subWorkflowId'] },
      {
        do: 'http',
        path: '/workflow/{child}',
        status: 200,
        answer: {
          status: 'COMPLETED',
          workflowName: '@@child',
          parentWorkflowId: '<id>',
          parentWorkflowTaskId: '<id>',
          correlationId: '@@c',
          priority: 0,
          input: { x: 2 },
        },
      },
    ],
  },
  {
    name: 'without a version it is the latest; without an input the workflow has what the task knows',
    workflows: [workflow([subWorkflow({}, { version: undefined })]), quick, { ...quick, version: 2 }],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'COMPLETED',
        tasks: [['sub', 'COMPLETED', { inputData: { subWorkflowVersion: 2, workflowInput: {} } }]],
      },
      {
        do: 'http',
        path: '/workflow/{id}',
        status: 200,
        answer: { output: { got: { subWorkflowName: '@@child', subWorkflowVersion: 2, workflowInput: {} } } },
      },
    ],
  },
  {
    name: 'a workflow inside a workflow inside a workflow',
    workflows: [
      workflow([subWorkflow(xOfInput, { name: '@@middle' })]),
      workflow([subWorkflow(xOfInput)], { name: '@@middle', outputParameters: { z: '${sub.output.y}' } }),
      quick,
    ],
    steps: [
      { do: 'start', input: { x: 3 } },
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { subWorkflowId: '<id>', z: 30 },
        tasks: [['sub', 'COMPLETED']],
      },
    ],
  },
  {
    name: 'name and priority may be expressions; the priority is that of the workflow it starts',
    why: 'the number of a priority is compared, not its place in a queue',
    workflows: [workflow([subWorkflow(xOfInput, { name: '${workflow.input.which}', priority: 3 })]), quick],
    steps: [
      { do: 'start', input: { x: 1, which: '@@child' } },
      {
        do: 'expect',
        status: 'COMPLETED',
        tasks: [['sub', 'COMPLETED', { inputData: { subWorkflowName: '@@child', priority: 3 } }]],
      },
      { do: 'http', path: '/workflow/{id}', status: 200, keep: ['child', 'tasks.0.subWorkflowId'] },
      { do: 'http', path: '/workflow/{child}', status: 200, answer: { priority: 3, workflowName: '@@child' } },
    ],
  },
  {
    name: 'a definition that stands in the task',
    workflows: [
      workflow([
        subWorkflow(xOfInput, {
          name: 'ignored',
          version: undefined,
          workflowDefinition: workflow([inline('c', '$.x + 5', { x: '${workflow.input.x}' })], {
            name: '@@inner',
            version: 3,
          }),
        }),
      ]),
    ],
    steps: [
      { do: 'start', input: { x: 1 } },
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { subWorkflowId: '<id>', result: 6 },
        tasks: [['sub', 'COMPLETED', { inputData: { subWorkflowName: '@@inner', subWorkflowVersion: null } }]],
      },
      { do: 'http', path: '/workflow/{id}', status: 200, keep: ['child', 'tasks.0.subWorkflowId'] },
      {
        do: 'http',
        path: '/workflow/{child}',
        status: 200,
        answer: {
          workflowName: '@@inner',
          workflowVersion: 3,
          input: { x: 1, _systemMetadata: { dynamic: true } },
        },
      },
      { do: 'http', path: '/metadata/workflow/@@inner', status: 404 },
    ],
  },
  {
    name: 'a definition that an expression gives',
    workflows: [workflow([subWorkflow(xOfInput, { workflowDefinition: '${workflow.input.definition}' })])],
    steps: [
      {
        do: 'start',
        input: {
          x: 1,
          definition: workflow([inline('c', '$.x + 6', { x: '${workflow.input.x}' })], { name: '@@inner' }),
        },
      },
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { subWorkflowId: '<id>', result: 7 },
        tasks: [['sub', 'COMPLETED']],
      },
    ],
  },
  {
    name: 'there is no such workflow',
    workflows: [
      workflow([subWorkflow({}, { name: '@@nowhere', version: 2 })]),
      workflow([subWorkflow({}, { name: '@@nowhere', version: undefined })], { name: '@@latest' }),
    ],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'FAILED',
        reason:
          "Task <id> failed with status: FAILED and reason: 'No such workflow defined. name=@@nowhere, version=2'",
        tasks: [['sub', 'FAILED']],
      },
      {
        do: 'http',
        method: 'POST',
        path: '/workflow/@@latest',
        body: {},
        status: 500,
        answer: { message: 'The Task @@nowhere defined as a sub-workflow has no workflow definition available ' },
      },
    ],
  },
  {
    name: 'a workflow that fails fails the one that started it',
    taskDefs: [taskDef('a')],
    workflows: [workflow([subWorkflow(xOfInput), inline('never', '1')]), withWorker],
    steps: [
      { do: 'start', input: { x: 1 } },
      { ...fails('a', 'broken', { half: true }), input: { x: 1 } },
      {
        do: 'expect',
        status: 'FAILED',
        reason: `Task <id> failed with status: FAILED and reason: '${childFailed("Task <id> failed with status: FAILED and reason: 'broken'")}'`,
        output: { subWorkflowId: '<id>', half: true },
        tasks: [
          [
            'sub',
            'FAILED',
            { reasonForIncompletion: childFailed("Task <id> failed with status: FAILED and reason: 'broken'") },
          ],
        ],
      },
    ],
  },
  {
    name: 'an optional one does not',
    taskDefs: [taskDef('a')],
    workflows: [workflow([subWorkflow(xOfInput, {}, { optional: true }), inline('after', '1')]), withWorker],
    steps: [
      { do: 'start', input: { x: 1 } },
      fails('a', 'broken', { half: true }),
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { result: 1 },
        tasks: [
          ['sub', 'COMPLETED_WITH_ERRORS', { outputData: { subWorkflowId: '<id>', half: true } }],
          ['after', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'a SUB_WORKFLOW that is tried again starts another workflow',
    taskDefs: [taskDef('a'), taskDef('sub', { retryCount: 1 })],
    workflows: [workflow([subWorkflow(xOfInput, {}, { name: '@@sub' })]), withWorker],
    steps: [
      { do: 'start', input: { x: 1 } },
      fails('a', 'broken'),
      { ...completes('a', { k: 1 }), input: { x: 1 } },
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { subWorkflowId: '<id>', k: 1 },
        tasks: [
          ['sub', 'FAILED', { retried: true, subWorkflowId: '<id>' }],
          ['sub', 'COMPLETED', { retryCount: 1, inputData: { workflowInput: { x: 1 }, x: 1 } }],
        ],
      },
    ],
  },
  {
    name: 'a workflow that is terminated terminates the ones it has started',
    taskDefs: [taskDef('a')],
    workflows: [workflow([subWorkflow(xOfInput)]), withWorker],
    steps: [
      { do: 'start', input: { x: 1 } },
      ...childBegins,
      { do: 'http', method: 'DELETE', path: '/workflow/{id}?reason=enough', status: 200 },
      { do: 'expect', status: 'TERMINATED', reason: 'enough', tasks: [['sub', 'CANCELED']] },
      {
        do: 'http',
        path: '/workflow/{child}',
        status: 200,
        answer: {
          status: 'TERMINATED',
          reasonForIncompletion: 'Parent workflow has been terminated with reason: enough',
          tasks: [{ referenceTaskName: 'a', status: 'CANCELED' }],
        },
      },
    ],
  },
  {
    name: 'a workflow that is terminated terminates the one that started it',
    taskDefs: [taskDef('a')],
    workflows: [workflow([subWorkflow(xOfInput)]), withWorker],
    steps: [
      { do: 'start', input: { x: 1 } },
      ...childBegins,
      { do: 'http', method: 'DELETE', path: '/workflow/{child}?reason=enough', status: 200 },
      {
        do: 'expect',
        status: 'TERMINATED',
        reason: `Task <id> failed with status: TERMINATED and reason: '${childFailed('enough')}'`,
        tasks: [['sub', 'CANCELED', { reasonForIncompletion: childFailed('enough') }]],
      },
    ],
  },
  {
    name: 'a workflow that TERMINATE fails',
    workflows: [
      workflow([subWorkflow()]),
      child([
        system('TERMINATE', 'stop', {
          terminationStatus: 'FAILED',
          terminationReason: 'because',
          workflowOutput: { d: 1 },
        }),
      ]),
    ],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'FAILED',
        reason: `Task <id> failed with status: FAILED and reason: '${childFailed('because')}'`,
        output: { subWorkflowId: '<id>', d: 1 },
        tasks: [['sub', 'FAILED']],
      },
    ],
  },
  {
    name: 'startDelay keeps the start of a workflow back',
    workflows: [workflow([subWorkflow(xOfInput, {}, { startDelay: 2 })]), quick],
    steps: [
      { do: 'start', input: { x: 1 } },
      { do: 'expect', status: 'RUNNING', tasks: [['sub', 'SCHEDULED', { callbackAfterSeconds: 2 }]] },
      { do: 'expect', status: 'COMPLETED', tasks: [['sub', 'COMPLETED']] },
    ],
  },
  {
    name: 'a SUB_WORKFLOW that says nothing of what to start',
    steps: [
      {
        do: 'http',
        method: 'POST',
        path: '/metadata/workflow',
        body: workflow([system('SUB_WORKFLOW', 'sub')]),
        status: 400,
        answer: {
          validationErrors: [
            { message: 'subWorkflowParam field is required for taskType: SUB_WORKFLOW taskName: sub' },
          ],
        },
      },
    ],
  },
  {
    name: 'START_WORKFLOW starts another workflow and goes on',
    taskDefs: [taskDef('a')],
    workflows: [
      workflow([
        system('START_WORKFLOW', 'begin', {
          startWorkflow: { name: '@@child', version: 1, input: xOfInput, priority: 4 },
        }),
        inline('after', '1'),
      ]),
      withWorker,
    ],
    steps: [
      { do: 'start', input: { x: 8 }, correlationId: '@@c' },
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { result: 1 },
        tasks: [
          ['begin', 'COMPLETED', { taskType: 'START_WORKFLOW', outputData: { workflowId: '<id>' } }],
          ['after', 'COMPLETED'],
        ],
      },
      { do: 'http', path: '/workflow/{id}', status: 200, keep: ['child', 'tasks.0.outputData.workflowId'] },
      {
        do: 'http',
        path: '/workflow/{child}',
        status: 200,
        answer: { status: 'RUNNING', input: { x: 8 }, correlationId: '@@c', priority: 4 },
      },
      { ...completes('a'), input: { x: 8 } },
    ],
  },
  {
    name: 'what START_WORKFLOW cannot start',
    why: 'only the beginning of what is said of a request that is no object is the same: the rest is of a Java library',
    workflows: [workflow([system('START_WORKFLOW', 'begin', { startWorkflow: '${workflow.input.request}' })])],
    steps: [
      ...(
        [
          [{ name: '@@nowhere' }, 'No such workflow defined. name=@@nowhere, version=null'],
          [{ version: 1 }, "startWorkflow validation failed. 'name' -> Workflow name cannot be null or empty. "],
          [
            { name: '@@flow', priority: 200 },
            "startWorkflow validation failed. 'priority' -> priority: 200 should be maximum 99. ",
          ],
          [null, "Missing 'startWorkflow' in input data."],
        ] as const
      ).flatMap(([request, reason]) => [
        { do: 'start' as const, input: { request } },
        {
          do: 'expect' as const,
          status: 'FAILED',
          reason: `Task <id> failed with status: FAILED and reason: '${reason}'`,
          tasks: [['begin', 'FAILED', { reasonForIncompletion: reason }] as [string, string, object]],
        },
      ]),
      { do: 'start', input: { request: 'text' } },
      { do: 'expect', status: 'FAILED', tasks: [['begin', 'FAILED']] },
    ],
  },
  {
    name: 'START_WORKFLOW with a definition of its own',
    workflows: [
      workflow([
        system('START_WORKFLOW', 'begin', {
          startWorkflow: { name: 'any', workflowDef: workflow([inline('c', '5')], { name: '@@inner' }) },
        }),
      ]),
    ],
    steps: [
      { do: 'start' },
      { do: 'expect', status: 'COMPLETED', tasks: [['begin', 'COMPLETED']] },
      { do: 'http', path: '/workflow/{id}', status: 200, keep: ['id', 'output.workflowId'] },
      { do: 'expect', status: 'COMPLETED', output: { result: 5 }, tasks: [['c', 'COMPLETED']] },
    ],
  },
  {
    name: 'a start with a definition of its own',
    steps: [
      {
        do: 'http',
        method: 'POST',
        path: '/workflow',
        body: { name: 'any', version: 9, workflowDef: workflow([inline('c', '5')], { name: '@@inner', version: 4 }) },
        status: 200,
        keep: ['id', ''],
      },
      { do: 'expect', status: 'COMPLETED', output: { result: 5 }, tasks: [['c', 'COMPLETED']] },
      { do: 'http', path: '/workflow/{id}', status: 200, answer: { workflowName: '@@inner', workflowVersion: 4 } },
      { do: 'http', path: '/metadata/workflow/@@inner', status: 404 },
      {
        do: 'http',
        method: 'POST',
        path: '/workflow/execute/@@any/1',
        body: { name: 'any', workflowDef: workflow([inline('c', '6')], { name: '@@inner' }) },
        status: 200,
        answer: { status: 'COMPLETED', output: { result: 6 } },
      },
      {
        do: 'http',
        method: 'POST',
        path: '/workflow',
        body: { name: 'any', workflowDef: workflow([]) },
        status: 400,
        answer: {
          validationErrors: [
            { path: 'startWorkflow.arg0.workflowDef.tasks', message: 'WorkflowTask list cannot be empty' },
          ],
        },
      },
    ],
  },
];
