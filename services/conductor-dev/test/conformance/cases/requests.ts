import type { Case, Http } from '../types.ts';
import { system, workflow } from '../types.ts';

const start = (body: unknown, status: number, answer?: unknown, extra: Partial<Http> = {}): Http => ({
  do: 'http',
  method: 'POST',
  path: '/workflow',
  body,
  status,
  ...(answer === undefined ? {} : { answer }),
  ...extra,
});
const result = (path: string, body: unknown, status: number, answer?: unknown): Http =>
  start(body, status, answer, { path });
const open = workflow([system('HUMAN', 'ask')]);
const noName = { path: 'startWorkflow.arg0.name', message: 'Workflow name cannot be null or empty' };

export const requests: Case[] = [
  {
    name: 'starts that cannot be read',
    workflows: [open],
    steps: [
      start('{not json', 500, { status: 500, retryable: false }),
      start('', 500, { status: 500, retryable: false }),
      start([], 500, { status: 500 }),
      start({ name: '@@flow', input: [1] }, 500, { status: 500 }),
      start({ name: '@@flow', priority: 'high' }, 500, { status: 500 }),
      start({ name: '@@flow', version: 'one' }, 500, { status: 500 }),
      start('name=@@flow', 500, { status: 500 }, { contentType: 'text/plain' }),
    ],
  },
  {
    name: 'starts that are not valid',
    workflows: [open],
    steps: [
      start({}, 400, {
        status: 400,
        message: 'Validation failed, check below errors for detail.',
        validationErrors: [noName],
      }),
      start({ x: 1 }, 400, { validationErrors: [noName] }),
      start({ name: '@@flow', priority: 100 }, 400, {
        validationErrors: [{ message: 'priority: 100 should be maximum 99', invalidValue: '100' }],
      }),
      start({ name: '@@flow', input: null }, 400, { status: 400, message: 'NULL input passed when starting workflow' }),
    ],
  },
  {
    name: 'starts of what is not there',
    workflows: [open],
    steps: [
      start({ name: '@@none' }, 404, {
        status: 404,
        message: 'No such workflow defined. name=@@none, version=null',
        retryable: false,
      }),
      start({ name: '@@flow', version: 9 }, 404, { message: 'No such workflow defined. name=@@flow, version=9' }),
      start(
        { x: 1 },
        404,
        { message: 'No such workflow found by name: @@none, version: null' },
        { path: '/workflow/@@none' },
      ),
    ],
  },
  {
    name: 'a start by path, its body the input',
    workflows: [open],
    steps: [
      start({ x: 1 }, 200, '<id>', { path: '/workflow/@@flow?correlationId=@@c&priority=3', keep: ['id', ''] }),
      { do: 'expect', status: 'RUNNING', input: { x: 1 } },
      {
        do: 'http',
        path: '/workflow/{id}',
        status: 200,
        answer: { correlationId: '@@c', priority: 3, workflowName: '@@flow' },
      },
    ],
  },
  {
    name: 'a version may be written as text',
    workflows: [open],
    steps: [start({ name: '@@flow', version: '1', input: {} }, 200, '<id>')],
  },
  {
    name: 'workflows and tasks that are not there',
    steps: [
      {
        do: 'http',
        path: '/workflow/@@none',
        status: 404,
        answer: { status: 404, message: 'No such workflow found by id: @@none' },
      },
      {
        do: 'http',
        path: '/workflow/@@none/status',
        status: 404,
        answer: { message: 'No such workflow found by id: @@none' },
      },
      {
        do: 'http',
        method: 'DELETE',
        path: '/workflow/@@none',
        status: 404,
        answer: { message: 'No such workflow found by id: @@none' },
      },
      { do: 'http', path: '/tasks/@@none', status: 404, answer: { message: 'Task not found for taskId: @@none' } },
    ],
  },
  {
    name: 'results that cannot be taken',
    workflows: [open],
    steps: [
      { do: 'start' },
      ...['/tasks', '/tasks/update-v2'].flatMap((path) => [
        result(path, { workflowInstanceId: '@@none', taskId: 'x', status: 'COMPLETED' }, 404, {
          message: 'No such workflow found by id: @@none',
        }),
        result(path, { workflowInstanceId: '{id}', taskId: '@@none', status: 'COMPLETED' }, 404, {
          message: 'No such task found by id: @@none',
        }),
        result(path, { workflowInstanceId: '{id}', taskId: '@@none', status: 'IN_PROGRESS', extendLease: true }, 404),
        result(path, { workflowInstanceId: '{id}', taskId: '@@none', status: 'DONE' }, 500, { status: 500 }),
        result(path, '{not json', 500, { status: 500 }),
      ]),
      result('/tasks', { workflowInstanceId: '{id}', status: 'COMPLETED' }, 400, {
        validationErrors: [{ path: 'updateTask.arg0.taskId', message: 'Task ID cannot be null or empty' }],
      }),
      result('/tasks/update-v2', { workflowInstanceId: '{id}', status: 'COMPLETED' }, 500, { status: 500 }),
    ],
  },
  {
    name: 'polls that are refused',
    steps: [
      {
        do: 'http',
        path: '/tasks/poll/batch/@@work?workerid=w&count=1&timeout=6000',
        status: 400,
        answer: { status: 400, message: 'Long Poll Timeout value cannot be more than 5 seconds' },
      },
      { do: 'http', path: '/tasks/poll/batch/@@work?workerid=w&count=many', status: 500 },
      { do: 'http', path: '/tasks/poll/batch/@@work?workerid=w&count=0', status: 200, answer: [] },
    ],
  },
  {
    name: 'paths and methods that are not there',
    steps: [
      {
        do: 'http',
        path: '/nothing/@@here',
        status: 404,
        answer: { status: 404, message: 'No static resource api/nothing/@@here.' },
      },
      { do: 'http', method: 'POST', path: '/token', body: { keyId: 'a', keySecret: 'b' }, status: 404 },
      { do: 'http', path: '/schema/@@name/1', status: 404 },
      {
        do: 'http',
        method: 'PUT',
        path: '/workflow',
        body: {},
        status: 405,
        answer: { message: "Request method 'PUT' is not supported" },
      },
      { do: 'http', path: '/version', status: 200, answer: '3.32.3' },
    ],
  },
];
