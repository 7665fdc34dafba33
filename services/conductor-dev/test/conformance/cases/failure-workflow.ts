import type { Case, Step } from '../types.ts';
import { completes, fails, inline, simple, subWorkflow, system, taskDef, workflow } from '../types.ts';

const cleanUp = workflow([inline('c', '1')], { name: '@@cleanup' });
const withCleanUp = { failureWorkflow: '@@cleanup' };
/** The workflow has a failure workflow, whose input has these members. */
const cleansUpWith = (input: object): Step[] => [
  { do: 'http', path: '/workflow/{id}', status: 200, keep: ['cleanup', 'output.conductor\\.failure_workflow'] },
  { do: 'http', path: '/workflow/{cleanup}', status: 200, answer: { workflowName: '@@cleanup', input } },
];
const scriptFailed = (name: string) => `Task <id> failed with status: FAILED and reason: '${name}'`;

export const failureWorkflows: Case[] = [
  {
    name: 'a workflow that fails starts its failure workflow, which is told why',
    why: 'the failed workflow in the input has more members there',
    taskDefs: [taskDef('a')],
    workflows: [workflow([simple('a')], withCleanUp), cleanUp],
    steps: [
      { do: 'start', input: { x: 1, reason: 'overwritten' }, correlationId: '@@c', priority: 3 },
      fails('a', 'broken', { half: true }),
      {
        do: 'expect',
        status: 'FAILED',
        output: { half: true, 'conductor.failure_workflow': '<id>' },
        tasks: [['a', 'FAILED', { outputData: { half: true } }]],
      },
      ...cleansUpWith({
        x: 1,
        reason: scriptFailed('broken'),
        workflowId: '<id>',
        failureStatus: 'FAILED',
        failureTaskId: '<id>',
        failedWorkflow: {
          status: 'FAILED',
          workflowId: '<id>',
          workflowName: '@@flow',
          input: { x: 1, reason: 'overwritten' },
          output: { half: true },
          correlationId: '@@c',
          priority: 3,
          failedReferenceTaskNames: ['a'],
          tasks: [{ referenceTaskName: 'a', status: 'FAILED', outputData: { half: true } }],
        },
      }),
      { do: 'http', path: '/workflow/{cleanup}', status: 200, answer: { correlationId: '@@c', priority: 0 } },
    ],
  },
  {
    name: 'and so does one that ended because a task was canceled',
    taskDefs: [taskDef('a')],
    workflows: [workflow([simple('a')], withCleanUp), cleanUp],
    steps: [
      { do: 'start' },
      { do: 'work', task: '@@a', reply: { status: 'CANCELED', reasonForIncompletion: 'stop' } },
      { do: 'expect', status: 'TERMINATED', tasks: [['a', 'CANCELED']] },
      ...cleansUpWith({ failureStatus: 'TERMINATED', failureTaskId: '<id>' }),
    ],
  },
  ...['FAILED', 'TERMINATED'].map(
    (terminationStatus): Case => ({
      name: `and one that TERMINATE ends as ${terminationStatus}`,
      workflows: [
        workflow([system('TERMINATE', 'stop', { terminationStatus, terminationReason: 'because' })], withCleanUp),
        cleanUp,
      ],
      steps: [
        { do: 'start', input: { x: 1 } },
        {
          do: 'expect',
          status: terminationStatus,
          output: { 'conductor.failure_workflow': '<id>' },
          tasks: [['stop', 'COMPLETED', { outputData: {} }]],
        },
        ...cleansUpWith({ x: 1, reason: 'because', failureStatus: terminationStatus, failureTaskId: '<id>' }),
      ],
    }),
  ),
  {
    name: 'but none that completes, or that somebody terminates',
    taskDefs: [taskDef('a')],
    workflows: [workflow([simple('a')], withCleanUp), cleanUp],
    steps: [
      { do: 'start' },
      completes('a', { k: 1 }),
      { do: 'expect', status: 'COMPLETED', output: { k: 1 } },
      { do: 'start' },
      { do: 'http', method: 'DELETE', path: '/workflow/{id}?reason=enough', status: 200 },
      { do: 'expect', status: 'TERMINATED', output: {} },
    ],
  },
  {
    name: 'no task may be to blame',
    workflows: [
      workflow(
        [
          inline('x', '1'),
          { name: 'fork', taskReferenceName: 'fork', type: 'FORK_JOIN', forkTasks: [[inline('y', '1')]] },
        ],
        {
          ...withCleanUp,
          outputParameters: { was: '${workflow.status}' },
        },
      ),
      cleanUp,
    ],
    steps: [
      { do: 'start' },
      { do: 'expect', status: 'FAILED', output: { was: 'FAILED', 'conductor.failure_workflow': '<id>' } },
      ...cleansUpWith({ reason: 'Fork task definition is not followed by a join task.  Check the blueprint' }),
    ],
  },
  {
    name: 'a failure workflow that is not there is said in the output',
    workflows: [
      workflow([inline('x', 'throw 1')], { failureWorkflow: '@@nowhere' }),
      workflow([inline('x', 'throw 1')], { ...withCleanUp, failureWorkflowVersion: 9, name: '@@versioned' }),
      cleanUp,
    ],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'FAILED',
        output: {
          error: 'Error evaluating the script `1` at line 1',
          'conductor.failure_workflow':
            'Error workflow @@nowhere failed to start.  reason: No such workflow defined. name=@@nowhere, version=null',
        },
      },
      { do: 'http', method: 'POST', path: '/workflow/@@versioned', body: {}, status: 200, keep: ['id', ''] },
      {
        do: 'expect',
        status: 'FAILED',
        output: {
          error: 'Error evaluating the script `1` at line 1',
          'conductor.failure_workflow':
            'Error workflow @@cleanup failed to start.  reason: No such workflow defined. name=@@cleanup, version=9',
        },
      },
    ],
  },
  {
    name: 'a workflow started by another has its own failure workflow, and so has the other',
    workflows: [
      workflow([subWorkflow()], withCleanUp),
      workflow([inline('x', 'throw 1')], { name: '@@child', ...withCleanUp }),
      cleanUp,
    ],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'FAILED',
        eventually: true,
        output: {
          subWorkflowId: '<id>',
          error: 'Error evaluating the script `1` at line 1',
          'conductor.failure_workflow': '<id>',
        },
      },
      ...cleansUpWith({ failureStatus: 'FAILED', failedWorkflow: { workflowName: '@@flow' } }),
    ],
  },
];
