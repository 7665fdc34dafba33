import type { Case } from '../types.ts';
import { get, inline, post, put, remove, simple, system, workflow } from '../types.ts';

const invalid = (path: string, message: string) => ({ status: 400, validationErrors: [{ path, message }] });

export const definitions: Case[] = [
  {
    name: 'a workflow is validated and not kept',
    steps: [
      post('/metadata/workflow/validate', workflow([simple('work')]), 200, ''),
      get('/metadata/workflow/@@flow', 404),
      post(
        '/metadata/workflow/validate',
        workflow([]),
        400,
        invalid('validateWorkflowDef.arg0.tasks', 'WorkflowTask list cannot be empty'),
      ),
      post(
        '/metadata/workflow/validate',
        workflow([inline('it', '1'), inline('it', '2')]),
        400,
        invalid(
          'validateWorkflowDef.arg0',
          'taskReferenceName: it should be unique across tasks for a given workflowDefinition: @@flow',
        ),
      ),
      post('/metadata/workflow/validate', '{not json', 500),
    ],
  },
  {
    name: 'names, versions and the latest of each',
    why: 'a real server holds definitions of others too: only those of the case are compared',
    workflows: [1, 3, 2].map((version) => workflow([inline('it', '1')], { version })),
    steps: [
      get('/metadata/workflow/names-and-versions', 200, {
        '@@flow': [{ name: '@@flow', version: 1 }, { version: 2 }, { version: 3 }],
      }),
      get('/metadata/workflow/@@flow/versions', 200, [{ name: '@@flow', version: 1 }, { version: 2 }, { version: 3 }]),
      get('/metadata/workflow/@@none/versions', 200, []),
      remove('/metadata/workflow/@@flow/3', 200, ''),
      get('/metadata/workflow/@@flow', 200, { version: 2 }),
      get('/metadata/workflow/@@flow?version=0', 404, {
        message: 'No such workflow found by name: @@flow, version: 0',
      }),
      remove('/metadata/workflow/@@flow', 405, { message: "Request method 'DELETE' is not supported" }),
      remove('/metadata/workflow/@@flow/x', 500),
      remove('/metadata/workflow/@@flow/9', 500, { message: 'No such workflow definition: @@flow version: 9' }),
    ],
  },
  {
    name: 'lists of definitions that are empty',
    steps: [
      put('/metadata/workflow', 400, invalid('updateWorkflowDef.arg0', 'WorkflowDefList is empty'), { body: [] }),
      post('/metadata/taskdefs', [], 400, invalid('registerTaskDef.arg0', 'TaskDefList is empty')),
    ],
  },
  {
    name: 'the definition of a task is replaced, and one bad one in a list keeps all out',
    steps: [
      post('/metadata/taskdefs', [{ name: '@@a', retryCount: 2, ownerEmail: 'a@example.com' }], 200),
      post('/metadata/taskdefs', [{ name: '@@a', retryCount: 7, ownerEmail: 'a@example.com' }], 200),
      get('/metadata/taskdefs/@@a', 200, { retryCount: 7, updateTime: 0 }),
      put('/metadata/taskdefs', 400, invalid('updateTaskDef.arg0.retryCount', 'TaskDef retryCount: 0 must be >= 0'), {
        body: { name: '@@a', retryCount: -1 },
      }),
      put('/metadata/taskdefs', 400, invalid('updateTaskDef.arg0.name', 'TaskDef name cannot be null or empty'), {
        body: { retryCount: 1 },
      }),
      put('/metadata/taskdefs', 500, undefined, { body: [{ name: '@@a' }] }),
      post(
        '/metadata/taskdefs',
        [{ name: '@@b' }, { name: '' }],
        400,
        invalid('registerTaskDef.arg0[1].name', 'TaskDef name cannot be null or empty'),
      ),
      get('/metadata/taskdefs/@@b', 404),
      remove('/metadata/taskdefs/@@none', 500, { message: 'No such task definition' }),
    ],
  },
  {
    name: 'tasks without the parameters of their type',
    steps: [
      post(
        '/metadata/workflow',
        workflow([system('HTTP', 'call', { a: 1 })]),
        400,
        invalid(
          'registerWorkflowDef.arg0.tasks[0]',
          'inputParameters.http_request or inputParameters.uri field is required for taskType: HTTP taskName: call',
        ),
      ),
      post(
        '/metadata/workflow',
        workflow([system('JSON_JQ_TRANSFORM', 'jq', { a: 1 })]),
        400,
        invalid(
          'registerWorkflowDef.arg0.tasks[0]',
          'inputParameters.queryExpression field is required for taskType: JSON_JQ_TRANSFORM taskName: jq',
        ),
      ),
    ],
  },
];
