import type { Case, Http } from '../types.ts';
import { inline, simple, system, workflow } from '../types.ts';

const register = (body: unknown, status: number, answer?: unknown, query = ''): Http => ({
  do: 'http',
  method: 'POST',
  path: `/metadata/workflow${query}`,
  body,
  status,
  ...(answer === undefined ? {} : { answer }),
});
const refused = (path: string, message: string) => ({
  status: 400,
  message: 'Validation failed, check below errors for detail.',
  retryable: false,
  validationErrors: [{ path, message }],
});
const invalid = (name: string, def: object, path: string, message: string): Case => ({
  name,
  steps: [register(workflow([inline('it', '1')], def), 400, refused(`registerWorkflowDef.arg0${path}`, message))],
});
const taskDefs = (body: unknown, status: number, answer?: unknown): Http => ({
  ...register(body, status, answer),
  path: '/metadata/taskdefs',
});

export const metadata: Case[] = [
  {
    name: 'a workflow is there once and is replaced only with overwrite',
    steps: [
      register(workflow([inline('it', '1')]), 200, ''),
      register(workflow([inline('it', '2')]), 409, { status: 409, message: 'Workflow with @@flow.1 already exists!' }),
      register(workflow([inline('it', '3')]), 200, '', '?overwrite=true'),
      { do: 'start' },
      { do: 'expect', status: 'COMPLETED', output: { result: 3 } },
    ],
  },
  {
    name: 'versions',
    workflows: [
      workflow([inline('it', '1')]),
      workflow([inline('it', '10')], { version: 10 }),
      workflow([inline('it', '2')], { version: 2 }),
    ],
    steps: [
      { do: 'http', path: '/metadata/workflow/@@flow', status: 200, answer: { version: 10 } },
      { do: 'http', path: '/metadata/workflow/@@flow?version=2', status: 200, answer: { version: 2, name: '@@flow' } },
      {
        do: 'http',
        path: '/metadata/workflow/@@flow?version=3',
        status: 404,
        answer: { status: 404, message: 'No such workflow found by name: @@flow, version: 3' },
      },
      { do: 'http', path: '/metadata/workflow/@@flow?version=last', status: 500 },
      {
        do: 'http',
        path: '/metadata/workflow/@@flow/versions',
        status: 200,
        answer: [{ version: 1 }, { version: 2 }, { version: 10 }],
      },
      { do: 'start' },
      { do: 'expect', status: 'COMPLETED', output: { result: 10 } },
      { do: 'start', version: 2 },
      { do: 'expect', status: 'COMPLETED', output: { result: 2 } },
      { do: 'http', method: 'DELETE', path: '/metadata/workflow/@@flow/10', status: 200 },
      { do: 'http', path: '/metadata/workflow/@@flow', status: 200, answer: { version: 2 } },
      { do: 'http', method: 'DELETE', path: '/metadata/workflow/@@flow/10', status: 500 },
    ],
  },
  {
    name: 'several at once, and none of them when one is not valid',
    steps: [
      {
        do: 'http',
        method: 'PUT',
        path: '/metadata/workflow',
        body: [workflow([inline('it', '1')]), workflow([inline('it', '2')], { name: '@@two' })],
        status: 200,
        answer: { bulkErrorResults: {}, bulkSuccessfulResults: ['@@flow', '@@two'] },
      },
      {
        do: 'http',
        method: 'PUT',
        path: '/metadata/workflow',
        body: [workflow([inline('it', '1')], { name: '@@three' }), workflow([])],
        status: 400,
        answer: refused('updateWorkflowDef.arg0[1].tasks', 'WorkflowTask list cannot be empty'),
      },
      { do: 'http', path: '/metadata/workflow/@@three', status: 404 },
      { do: 'http', method: 'PUT', path: '/metadata/workflow', body: workflow([]), status: 500 },
    ],
  },
  {
    name: 'defaults are filled in',
    workflows: [{ name: '@@flow', unknown: 1, tasks: [{ name: '@@work', taskReferenceName: 'work', other: 2 }] }],
    steps: [
      {
        do: 'http',
        path: '/metadata/workflow/@@flow',
        status: 200,
        answer: {
          ...{
            name: '@@flow',
            version: 1,
            schemaVersion: 2,
            restartable: true,
            timeoutPolicy: 'ALERT_ONLY',
            timeoutSeconds: 0,
          },
          ...{
            inputParameters: [],
            outputParameters: {},
            variables: {},
            inputTemplate: {},
            workflowStatusListenerEnabled: false,
          },
          tasks: [
            {
              name: '@@work',
              taskReferenceName: 'work',
              type: 'SIMPLE',
              inputParameters: {},
              optional: false,
              startDelay: 0,
            },
          ],
        },
      },
    ],
  },
  invalid('a workflow without a name', { name: null }, '.name', 'WorkflowDef name cannot be null or empty'),
  invalid('a workflow without tasks', { tasks: [] }, '.tasks', 'WorkflowTask list cannot be empty'),
  invalid('an old schema', { schemaVersion: 1 }, '.schemaVersion', 'workflowDef schemaVersion: 2 is only supported'),
  invalid(
    'two tasks of one reference name',
    { tasks: [inline('it', '1'), inline('it', '2')] },
    '',
    'taskReferenceName: it should be unique across tasks for a given workflowDefinition: @@flow',
  ),
  invalid(
    'a task without a reference name',
    { tasks: [{ name: 'it', type: 'HUMAN' }] },
    '.tasks[0].taskReferenceName',
    'WorkflowTask taskReferenceName name cannot be empty or null',
  ),
  invalid(
    'an expression that names no task',
    { tasks: [inline('it', '1', { x: 'a ${nobody.output.x}' })] },
    '',
    'taskReferenceName: nobody for given task: it input value: x of input parameter: a ${nobody.output.x} is not defined in workflow definition.',
  ),
  invalid(
    'an expression that cannot be read',
    { tasks: [inline('it', '1', { x: '${ workflow.input.x }' })] },
    '',
    'key: x input parameter value:  workflow.input.x  is not valid',
  ),
  invalid(
    'an expression inside another one that names no task',
    { tasks: [inline('it', '1', { x: '${workflow.input.${nobody.output.x}}' })] },
    '',
    'taskReferenceName: nobody for given task: it input value: x of input parameter: ${workflow.input.${nobody.output.x}} is not defined in workflow definition.',
  ),
  invalid(
    'a SWITCH without cases',
    { tasks: [system('SWITCH', 'pick', {}, { evaluatorType: 'value-param', expression: 'x' })] },
    '.tasks[0]',
    'decisionCases should have atleast one task for taskType: SWITCH taskName: pick',
  ),
  invalid(
    'a TERMINATE without a status',
    { tasks: [system('TERMINATE', 'stop')] },
    '.tasks[0]',
    'terminate task must have an terminationStatus parameter and must be set to COMPLETED or FAILED, taskName: stop',
  ),
  invalid(
    'a WAIT with two times',
    { tasks: [system('WAIT', 'wait', { duration: '1s', until: '2020-01-01' })] },
    '.tasks[0]',
    "Both 'duration' and 'until' specified. Please provide only one input",
  ),
  invalid(
    'a WAIT for what is no duration',
    { tasks: [system('WAIT', 'wait', { duration: 'soon' })] },
    '.tasks[0]',
    'Either date or duration is passed as null ',
  ),
  invalid(
    'a WAIT until what is no date',
    { tasks: [system('WAIT', 'wait', { until: 'soon' })] },
    '.tasks[0]',
    'Unable to parse date ',
  ),
  {
    name: 'a SWITCH whose script does not compile',
    why: "what is wrong with a script's syntax each engine says in its own words",
    steps: [
      register(
        workflow([
          system(
            'SWITCH',
            'pick',
            {},
            { evaluatorType: 'javascript', expression: 'function (', decisionCases: { a: [inline('it', '1')] } },
          ),
        ]),
        400,
        { status: 400, validationErrors: [{ path: 'registerWorkflowDef.arg0.tasks[0]' }] },
      ),
    ],
  },
  {
    name: 'definitions of tasks',
    steps: [
      taskDefs([{ name: '@@work', ownerEmail: 'a@b.c', retryCount: 2 }], 200, ''),
      {
        do: 'http',
        path: '/metadata/taskdefs/@@work',
        status: 200,
        answer: {
          ...{ name: '@@work', retryCount: 2, timeoutSeconds: 0, timeoutPolicy: 'TIME_OUT_WF', retryLogic: 'FIXED' },
          ...{ retryDelaySeconds: 60, responseTimeoutSeconds: 3600, backoffScaleFactor: 1, inputTemplate: {} },
        },
      },
      { do: 'http', method: 'PUT', path: '/metadata/taskdefs', body: { name: '@@work', retryCount: 4 }, status: 200 },
      { do: 'http', path: '/metadata/taskdefs/@@work', status: 200, answer: { retryCount: 4 } },
      {
        do: 'http',
        method: 'PUT',
        path: '/metadata/taskdefs',
        body: { name: '@@none' },
        status: 404,
        answer: { message: 'No such task by name @@none' },
      },
      {
        do: 'http',
        path: '/metadata/taskdefs/@@none',
        status: 404,
        answer: { status: 404, message: 'No such taskType found by name: @@none' },
      },
      { do: 'http', method: 'DELETE', path: '/metadata/taskdefs/@@work', status: 200 },
      { do: 'http', method: 'DELETE', path: '/metadata/taskdefs/@@work', status: 500 },
    ],
  },
  {
    name: 'definitions of tasks that are not valid',
    steps: [
      taskDefs(
        [{ ownerEmail: 'a@b.c' }],
        400,
        refused('registerTaskDef.arg0[0].name', 'TaskDef name cannot be null or empty'),
      ),
      taskDefs(
        [{ name: '@@a', retryCount: -1 }],
        400,
        refused('registerTaskDef.arg0[0].retryCount', 'TaskDef retryCount: 0 must be >= 0'),
      ),
      taskDefs(
        [{ name: '@@a', timeoutSeconds: 2 }],
        400,
        refused(
          'registerTaskDef.arg0[0]',
          'TaskDef: @@a responseTimeoutSeconds: 3600 must be less than timeoutSeconds: 2',
        ),
      ),
      taskDefs([{ name: '@@a', responseTimeoutSeconds: 0 }], 400),
      taskDefs([{ name: '@@a', retryLogic: 'NEVER' }], 500),
      taskDefs({ name: '@@a' }, 500),
    ],
  },
  {
    name: 'a running workflow keeps the definitions it was started with',
    taskDefs: [{ name: '@@work', retryCount: 0 }],
    workflows: [workflow([simple('work')])],
    steps: [
      { do: 'start' },
      { do: 'http', method: 'PUT', path: '/metadata/taskdefs', body: { name: '@@work', retryCount: 5 }, status: 200 },
      register(workflow([simple('work'), system('HUMAN', 'never')]), 200, '', '?overwrite=true'),
      { do: 'work', task: '@@work', reply: { status: 'FAILED', reasonForIncompletion: 'no' } },
      { do: 'expect', status: 'FAILED', tasks: [['work', 'FAILED']] },
    ],
  },
];
