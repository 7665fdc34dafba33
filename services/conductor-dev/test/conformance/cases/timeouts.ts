import type { Case } from '../types.ts';
import { simple, system, taskDef, workflow } from '../types.ts';

const flow = workflow([simple('work')]);

/** The real server looks for what is late every few seconds, so each of these takes a while there. */
export const timeouts: Case[] = [
  {
    name: 'a worker that says nothing for responseTimeoutSeconds: the task is tried again',
    taskDefs: [taskDef('work', { retryCount: 1, responseTimeoutSeconds: 1 })],
    workflows: [flow],
    steps: [
      { do: 'start' },
      { do: 'work', task: '@@work' },
      {
        do: 'expect',
        status: 'RUNNING',
        eventually: true,
        tasks: [
          [
            'work',
            'TIMED_OUT',
            {
              retried: true,
              reasonForIncompletion: 'responseTimeout: 1 exceeded for the taskId: <id> with Task Definition: @@work',
            },
          ],
          ['work', 'SCHEDULED', { retryCount: 1 }],
        ],
      },
      { do: 'work', task: '@@work', reply: { status: 'COMPLETED', outputData: { ok: 1 } } },
      { do: 'expect', status: 'COMPLETED', output: { ok: 1 } },
    ],
  },
  {
    name: 'without a retry left the workflow has timed out',
    taskDefs: [taskDef('work', { responseTimeoutSeconds: 1 })],
    workflows: [flow],
    steps: [
      { do: 'start' },
      { do: 'work', task: '@@work' },
      {
        do: 'expect',
        status: 'TIMED_OUT',
        reason:
          "Task <id> failed with status: TIMED_OUT and reason: 'responseTimeout: 1 exceeded for the taskId: <id> with Task Definition: @@work'",
        tasks: [['work', 'TIMED_OUT']],
      },
    ],
  },
  {
    name: 'timeoutSeconds with TIME_OUT_WF ends the workflow',
    taskDefs: [
      taskDef('work', { retryCount: 3, timeoutSeconds: 2, responseTimeoutSeconds: 2, timeoutPolicy: 'TIME_OUT_WF' }),
    ],
    workflows: [flow],
    steps: [
      { do: 'start' },
      { do: 'work', task: '@@work' },
      {
        do: 'expect',
        status: 'TIMED_OUT',
        reason:
          'Task timed out after <n> seconds. Timeout configured as 2 seconds. Timeout policy configured to TIME_OUT_WF',
        tasks: [['work', 'TIMED_OUT']],
      },
    ],
  },
  {
    name: 'timeoutSeconds with RETRY tries again',
    taskDefs: [
      taskDef('work', { retryCount: 1, timeoutSeconds: 2, responseTimeoutSeconds: 2, timeoutPolicy: 'RETRY' }),
    ],
    workflows: [flow],
    steps: [
      { do: 'start' },
      { do: 'work', task: '@@work' },
      {
        do: 'expect',
        status: 'RUNNING',
        eventually: true,
        tasks: [
          [
            'work',
            'TIMED_OUT',
            {
              reasonForIncompletion:
                'Task timed out after <n> seconds. Timeout configured as 2 seconds. Timeout policy configured to RETRY',
            },
          ],
          ['work', 'SCHEDULED', { retryCount: 1 }],
        ],
      },
    ],
  },
  {
    name: 'pollTimeoutSeconds ends a workflow whose task nobody polls',
    taskDefs: [taskDef('work', { pollTimeoutSeconds: 1 })],
    workflows: [flow],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'TIMED_OUT',
        reason:
          'Task poll timed out after <n> seconds. Poll timeout configured as 1 seconds. Timeout policy configured to TIME_OUT_WF',
        tasks: [['work', 'TIMED_OUT']],
      },
    ],
  },
  {
    name: "the workflow's timeoutSeconds with TIME_OUT_WF",
    taskDefs: [taskDef('work')],
    workflows: [workflow([simple('work')], { timeoutSeconds: 1, timeoutPolicy: 'TIME_OUT_WF' })],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'TIMED_OUT',
        reason:
          'Workflow timed out after <n> seconds. Timeout configured as 1 seconds. Timeout policy configured to TIME_OUT_WF',
        tasks: [['work', 'CANCELED']],
      },
    ],
  },
  {
    name: "the workflow's timeoutSeconds with ALERT_ONLY changes nothing",
    workflows: [
      workflow([system('WAIT', 'wait', { duration: '2s' })], { timeoutSeconds: 1, timeoutPolicy: 'ALERT_ONLY' }),
    ],
    steps: [{ do: 'start' }, { do: 'expect', status: 'COMPLETED', tasks: [['wait', 'COMPLETED']] }],
  },
  {
    name: 'a heartbeat keeps a task alive',
    taskDefs: [taskDef('work', { responseTimeoutSeconds: 3 })],
    workflows: [workflow([simple('work'), system('WAIT', 'wait', { duration: '1s' })])],
    steps: [
      { do: 'start' },
      { do: 'work', task: '@@work', as: 'task' },
      {
        do: 'http',
        method: 'POST',
        path: '/tasks',
        body: { workflowInstanceId: '{id}', taskId: '{task}', status: 'IN_PROGRESS', extendLease: true },
        status: 200,
        answer: '<id>',
      },
      { do: 'expect', status: 'RUNNING', tasks: [['work', 'IN_PROGRESS', { pollCount: 1 }]] },
      {
        do: 'http',
        method: 'POST',
        path: '/tasks/update-v2',
        body: { workflowInstanceId: '{id}', taskId: '{task}', status: 'IN_PROGRESS', extendLease: true },
        status: 204,
      },
      {
        do: 'http',
        method: 'POST',
        path: '/tasks',
        body: { workflowInstanceId: '{id}', taskId: '{task}', status: 'COMPLETED' },
        status: 200,
      },
      {
        do: 'expect',
        status: 'COMPLETED',
        tasks: [
          ['work', 'COMPLETED'],
          ['wait', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'nothing times out while a HUMAN task is open, until somebody reports its result',
    workflows: [workflow([system('HUMAN', 'ask')], { timeoutSeconds: 1, timeoutPolicy: 'TIME_OUT_WF' })],
    steps: [
      { do: 'start' },
      // The wait makes the time pass.
      {
        do: 'http',
        method: 'POST',
        path: '/workflow/execute/@@flow/1?waitForSeconds=2',
        body: {},
        status: 200,
        answer: { status: 'RUNNING', signalTimeout: true },
        atLeastMs: 1900,
      },
      { do: 'expect', status: 'RUNNING', tasks: [['ask', 'IN_PROGRESS']] },
      { do: 'http', method: 'POST', path: '/tasks/{id}/ask/COMPLETED', body: {}, status: 200 },
      { do: 'expect', status: 'TIMED_OUT', tasks: [['ask', 'COMPLETED']] },
    ],
  },
];
