import type { Case } from '../types.ts';
import { get, inline, post, system, taskDef, workflow } from '../types.ts';

const transform = (queryExpression: unknown, extra: object = {}) =>
  system('JSON_JQ_TRANSFORM', 'jq', { v: '${workflow.input.v}', queryExpression }, extra);
const start = { do: 'start' as const, input: { v: { a: 1, b: [3, 1, 2], s: 'x,y' } } };
const gives = (name: string, query: string, ...resultList: unknown[]): Case => ({
  name: `${name}: ${query}`,
  workflows: [workflow([transform(query)])],
  steps: [start, { do: 'expect', status: 'COMPLETED', output: { result: resultList[0] ?? null, resultList } }],
});
const fails = (name: string, query: string, error: string): Case => ({
  name: `${name}: ${query}`,
  workflows: [workflow([transform(query)])],
  steps: [
    start,
    {
      do: 'expect',
      status: 'FAILED',
      output: { error },
      reason: `Task <id> failed with status: FAILED and reason: '${error}'`,
      tasks: [['jq', 'FAILED', { reasonForIncompletion: error, outputData: { error } }]],
    },
  ],
});

export const jq: Case[] = [
  {
    name: 'a jq task hands on its first result and all of them',
    workflows: [
      workflow([
        transform('.v.b[]'),
        inline('after', '$.all.length + $.one', { all: '${jq.output.resultList}', one: '${jq.output.result}' }),
      ]),
    ],
    steps: [
      start,
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { result: 6 },
        tasks: [
          ['jq', 'COMPLETED', { taskType: 'JSON_JQ_TRANSFORM', outputData: { result: 3, resultList: [3, 1, 2] } }],
          ['after', 'COMPLETED'],
        ],
      },
    ],
  },
  gives('a member', '.v.a', 1),
  gives('nothing there', '.none', null),
  gives('no result', 'empty'),
  gives('several', '1, "two", [3]', 1, 'two', [3]),
  gives('an object is built', '{x: .v.a, y: (.v.b | length)}', { x: 1, y: 3 }),
  gives('lists', '.v.b | map(. + 1) | sort', [2, 3, 4]),
  gives('a selection', '[.v.b[] | select(. > 1)]', [3, 2]),
  gives('text', '.v.s | split(",") | join("-")', 'x-y'),
  gives('a fraction', '.v.a / 2', 0.5),
  gives('a reduction', 'reduce .v.b[] as $x (0; . + $x)', 6),
  gives('a function', 'def twice: . * 2; [.v.b[] | twice]', [6, 2, 4]),
  gives('entries', '.v | to_entries | map(.key)', ['a', 'b', 's']),
  gives('an update', '.v | .a += 1 | del(.b)', { a: 2, s: 'x,y' }),
  gives('what is caught', 'try error("x") catch .', 'x'),
  gives('the program is part of its input', '.queryExpression | length', 25),
  fails('an error of its own', 'error("boom")', 'boom'),
  fails('a list by name', '.v.b.x', 'Cannot index array with string "x"'),
  fails('a number by name', '.v.a.x', 'Cannot index number with string "x"'),
  fails('a division by zero', '1 / 0', 'number (1) and number (0) cannot be divided because the divisor is zero'),
  fails('a sum of what has none', '{} + 1', 'object ({}) and number (1) cannot be added'),
  fails('a function that is not there', 'nothing(1)', 'Function nothing/1 does not exist'),
  fails('a variable that is not there', '$nothing', 'Undefined variable: $nothing'),
  {
    name: 'a program that cannot be read',
    why: 'what is wrong with it each implementation says in its own words',
    workflows: [workflow([transform('.[')])],
    steps: [start, { do: 'expect', status: 'FAILED', tasks: [['jq', 'FAILED']] }],
  },
  {
    name: 'no program',
    workflows: [workflow([transform('${workflow.input.none}')])],
    steps: [
      start,
      {
        do: 'expect',
        status: 'FAILED',
        output: {},
        tasks: [['jq', 'FAILED', { reasonForIncompletion: "Missing 'queryExpression' in input parameters" }]],
      },
    ],
  },
  {
    name: 'a program that is no text cancels its task',
    workflows: [workflow([transform(5)])],
    steps: [
      start,
      {
        do: 'expect',
        status: 'FAILED',
        reason: 'Error scheduling tasks: [<id>], for workflow: <id>',
        tasks: [['jq', 'CANCELED']],
      },
    ],
  },
  {
    name: 'an optional program that fails',
    workflows: [workflow([transform('error("x")', { optional: true }), inline('after', '1')])],
    steps: [
      start,
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { result: 1 },
        tasks: [
          ['jq', 'COMPLETED_WITH_ERRORS'],
          ['after', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'a program runs over what a rerun gives it',
    workflows: [workflow([transform('.v.a')])],
    steps: [
      start,
      { do: 'expect', status: 'COMPLETED', output: { result: 1, resultList: [1] } },
      get('/workflow/{id}', 200, {}, { keep: ['task', 'tasks.0.taskId'] }),
      post('/workflow/{id}/rerun', { reRunFromTaskId: '{task}', taskInput: { queryExpression: '.n + 1', n: 4 } }, 200),
      {
        do: 'expect',
        status: 'COMPLETED',
        eventually: true,
        tasks: [['jq', 'COMPLETED', { outputData: { result: 5 } }]],
      },
    ],
  },
  {
    name: 'a program that fails is run again',
    taskDefs: [taskDef('jq', { retryCount: 1 })],
    workflows: [workflow([{ ...transform('error("x")'), name: '@@jq' }])],
    steps: [
      start,
      {
        do: 'expect',
        status: 'FAILED',
        tasks: [
          ['jq', 'FAILED', { retried: true }],
          ['jq', 'FAILED', { retryCount: 1 }],
        ],
      },
    ],
  },
];
