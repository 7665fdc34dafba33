import type { Case } from '../types.ts';
import { inline, workflow } from '../types.ts';

/** A workflow of one INLINE task that gives this result. */
function gives(name: string, expression: string, parameters: object, result: unknown): Case {
  return {
    name,
    workflows: [workflow([inline('it', expression, parameters)])],
    steps: [
      { do: 'start', input: { a: 2, list: [3, 4] } },
      { do: 'expect', status: 'COMPLETED', output: { result }, tasks: [['it', 'COMPLETED', { taskType: 'INLINE' }]] },
    ],
  };
}

/** One that fails, with the reason on the task. */
function fails(name: string, task: object, reason: string | undefined, extra: Partial<Case> = {}): Case {
  const members = reason === undefined ? {} : { reasonForIncompletion: reason, outputData: { error: reason } };
  return {
    name,
    workflows: [workflow([task])],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'FAILED',
        ...(reason === undefined ? {} : { reason: `Task <id> failed with status: FAILED and reason: '${reason}'` }),
        tasks: [['it', 'FAILED_WITH_TERMINAL_ERROR', members]],
      },
    ],
    ...extra,
  };
}

const a = { a: '${workflow.input.a}', list: '${workflow.input.list}' };

export const inlineTasks: Case[] = [
  gives('a function that is called', '(function () { return { sum: $.a + 1, list: [1, "b", null, 1.5] }; })();', a, {
    sum: 3,
    list: [1, 'b', null, 1.5],
  }),
  gives('the value of the last statement', 'var x = $.a * 2; x + 1', a, 5),
  gives('a declared function', 'function e() { return $.list.map((n) => n * 2); } e();', a, [6, 8]),
  gives('a boolean', '$.a === 2', a, true),
  gives('no value', 'undefined', a, null),
  gives('whole numbers stay whole', '6 / 2', a, 3),
  gives('its own parameters are in $', '[$.evaluatorType, $.a]', a, ['javascript', 2]),
  gives(
    'what JSON cannot hold',
    '({ a: undefined, b: NaN, c: -1 / 0, d: new Date(0), e: () => 1, f: new Map([[1, [undefined]]]), g: 10n })',
    a,
    {
      ...{ a: null, b: 'NaN', c: '-Infinity', d: {}, e: {}, f: { 1: [null] }, g: 10 },
    },
  ),
  gives('a promise is not waited for', '(async () => 1)()', a, {}),
  gives('graaljs', '$.a + "!"', { ...a, evaluatorType: 'graaljs' }, '2!'),
  gives('value-param', 'a', { ...a, evaluatorType: 'value-param' }, 2),
  gives('value-param of a name that is not there', 'zzz', { ...a, evaluatorType: 'value-param' }, null),
  {
    name: 'javascript is what it is evaluated with unless it says otherwise',
    workflows: [
      workflow([{ name: 'it', taskReferenceName: 'it', type: 'INLINE', inputParameters: { expression: '1 + 1' } }]),
    ],
    steps: [{ do: 'start' }, { do: 'expect', status: 'COMPLETED', output: { result: 2 } }],
  },
  fails('a script that throws', inline('it', 'throw new Error("boom")'), 'Error evaluating the script `Error: boom`'),
  fails(
    'a script that throws further down',
    inline('it', '\n\n(function () {\n  nothing.here;\n})()'),
    'Error evaluating the script `ReferenceError: nothing is not defined` at line 4',
  ),
  fails(
    'a script that throws no Error',
    inline('it', '(function () { throw "boom"; })()'),
    'Error evaluating the script `boom` at line 1',
  ),
  fails(
    'a console, which there is not',
    inline('it', 'console.log(1)'),
    'Error evaluating the script `ReferenceError: console is not defined` at line 1',
  ),
  fails('a script that does not compile', inline('it', 'function ('), undefined, {
    why: "what is wrong with a script's syntax each engine says in its own words",
  }),
  fails(
    'an evaluator that does not exist',
    inline('it', '1', { evaluatorType: 'basic' }),
    "Unknown evaluator 'basic' in INLINE task.",
  ),
  fails(
    'an empty expression',
    inline('it', ''),
    "Empty 'expression' in Inline task's input parameters. A non-empty String value must be provided.",
  ),
  {
    name: 'a script that never ends is stopped after 4 seconds',
    workflows: [workflow([inline('it', 'for (;;) {}')])],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'FAILED',
        reason:
          "Task <id> failed with status: FAILED and reason: 'Script not evaluated within 4 seconds, interrupted.'",
        tasks: [['it', 'FAILED']],
      },
    ],
  },
  {
    name: 'an optional one that fails does not stop the workflow',
    workflows: [workflow([inline('it', 'throw 1', {}, { optional: true }), inline('after', '2')])],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { result: 2 },
        tasks: [
          ['it', 'COMPLETED_WITH_ERRORS'],
          ['after', 'COMPLETED'],
        ],
      },
    ],
  },
];
