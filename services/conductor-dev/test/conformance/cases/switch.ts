import type { Case, Step } from '../types.ts';
import { inline, system, workflow } from '../types.ts';

const say = (reference: string) => inline(reference, `"${reference}"`);

/** A SWITCH by the value of `workflow.input.x`. */
const byValue = (extra: object = {}) => ({
  name: 'pick',
  taskReferenceName: 'pick',
  type: 'SWITCH',
  evaluatorType: 'value-param',
  expression: 'x',
  inputParameters: { x: '${workflow.input.x}' },
  decisionCases: {
    a: [say('a1'), say('a2')],
    b: [say('b1')],
    '7': [say('seven')],
    true: [say('yes')],
    null: [say('nothing')],
  },
  defaultCase: [say('other')],
  ...extra,
});

const runs = (input: object, selected: string, ...tasks: string[]): Step[] => [
  { do: 'start', input },
  {
    do: 'expect',
    status: 'COMPLETED',
    tasks: [
      [
        'pick',
        'COMPLETED',
        { taskType: 'SWITCH', outputData: { evaluationResult: [selected], selectedCase: selected } },
      ],
      ...tasks.map((reference): [string, string] => [reference, 'COMPLETED']),
    ],
  },
];

export const switches: Case[] = [
  {
    name: 'the case of a value, all its tasks, and what follows',
    workflows: [workflow([byValue(), say('after')])],
    steps: [...runs({ x: 'a' }, 'a', 'a1', 'a2', 'after'), ...runs({ x: 'b' }, 'b', 'b1', 'after')],
  },
  {
    name: 'the default case for any other value, and values that are no strings',
    workflows: [workflow([byValue()])],
    steps: [
      ...runs({ x: 'zzz' }, 'zzz', 'other'),
      ...runs({ x: 7 }, '7', 'seven'),
      ...runs({ x: true }, 'true', 'yes'),
      ...runs({}, 'null', 'nothing'),
    ],
  },
  {
    name: 'no case and no default: on to what follows',
    workflows: [workflow([byValue({ defaultCase: [], decisionCases: { a: [say('a1')], empty: [] } }), say('after')])],
    steps: [...runs({ x: 'zzz' }, 'zzz', 'after'), ...runs({ x: 'empty' }, 'empty', 'after')],
  },
  {
    name: 'by a script',
    workflows: [
      workflow([byValue({ evaluatorType: 'javascript', expression: "$.x > 10 ? 'a' : 'b'" })], { name: '@@flow' }),
    ],
    steps: [...runs({ x: 11 }, 'a', 'a1', 'a2'), ...runs({ x: 1 }, 'b', 'b1')],
  },
  {
    name: 'by a script of the newer engine',
    workflows: [workflow([byValue({ evaluatorType: 'graaljs', expression: '(function () { return $.x + 1; })()' })])],
    steps: runs({ x: 6 }, '7', 'seven'),
  },
  {
    name: 'inside each other',
    workflows: [
      workflow([
        byValue({
          decisionCases: {
            a: [
              say('before'),
              {
                ...byValue({ inputParameters: { x: '${workflow.input.y}' } }),
                taskReferenceName: 'inner',
                decisionCases: { c: [say('c1'), say('c2')] },
                defaultCase: [],
              },
              say('behind'),
            ],
          },
        }),
        say('after'),
      ]),
    ],
    steps: [
      { do: 'start', input: { x: 'a', y: 'c' } },
      {
        do: 'expect',
        status: 'COMPLETED',
        tasks: ['pick', 'before', 'inner', 'c1', 'c2', 'behind', 'after'].map((reference) => [reference, 'COMPLETED']),
      },
      { do: 'start', input: { x: 'a', y: 'd' } },
      {
        do: 'expect',
        status: 'COMPLETED',
        tasks: ['pick', 'before', 'inner', 'behind', 'after'].map((reference) => [reference, 'COMPLETED']),
      },
      ...runs({ x: 'zzz' }, 'zzz', 'other', 'after'),
    ],
  },
  {
    name: 'what its last case gave is the output, and its own can be read',
    workflows: [
      workflow([byValue()], {
        outputParameters: { selected: '${pick.output.selectedCase}', said: '${b1.output.result}' },
      }),
    ],
    steps: [
      { do: 'start', input: { x: 'b' } },
      { do: 'expect', status: 'COMPLETED', output: { selected: 'b', said: 'b1' } },
    ],
  },
  {
    name: 'a script that throws fails the workflow',
    workflows: [workflow([byValue({ evaluatorType: 'javascript', expression: '$.x.y.z' })])],
    why: 'each engine has its own words for reading a member of what is not there',
    steps: [
      { do: 'start', input: { x: {} } },
      { do: 'expect', status: 'FAILED', tasks: [['pick', 'FAILED']] },
    ],
  },
  {
    name: 'a script that throws in an optional one',
    workflows: [
      workflow([
        byValue({ evaluatorType: 'javascript', expression: 'throw new Error("no")', optional: true }),
        say('after'),
      ]),
    ],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'COMPLETED',
        tasks: [
          ['pick', 'COMPLETED_WITH_ERRORS', { reasonForIncompletion: 'Error evaluating the script `Error: no`' }],
          ['after', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'an evaluator that does not exist fails the workflow before the task is there',
    workflows: [workflow([say('before'), byValue({ evaluatorType: 'basic' })])],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'FAILED',
        reason: 'No evaluator registered for type: basic',
        tasks: [['before', 'COMPLETED']],
      },
    ],
  },
  {
    name: 'a TERMINATE task inside a case ends the workflow',
    workflows: [
      workflow([
        byValue({
          decisionCases: {
            a: [system('TERMINATE', 'stop', { terminationStatus: 'COMPLETED', workflowOutput: { stopped: true } })],
          },
        }),
        say('after'),
      ]),
    ],
    steps: [
      { do: 'start', input: { x: 'a' } },
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { stopped: true },
        tasks: [
          ['pick', 'COMPLETED'],
          ['stop', 'COMPLETED'],
        ],
      },
    ],
  },
];
