import type { Case } from '../types.ts';
import { inline, simple, system, workflow } from '../types.ts';

/** A workflow whose output is what the expressions resolve to. */
function resolves(
  name: string,
  outputParameters: object,
  input: object,
  output: object,
  extra: Partial<Case> = {},
): Case {
  const tasks = [inline('it', '({ n: 7, list: [{ a: 1 }, { a: 2 }], text: "x" })', { x: '${workflow.input.x}' })];
  return {
    name,
    workflows: [workflow(tasks, { outputParameters })],
    steps: [
      { do: 'start', input },
      { do: 'expect', status: 'COMPLETED', output },
    ],
    ...extra,
  };
}

const every = { n: 1, half: 0.5, yes: true, none: null, list: [1, 'a', null], map: { a: { b: 'c' } }, text: 'hi' };

const listed = [
  { n: 'x', p: 1, q: 5 },
  { n: 'y', p: 2, s: { t: true } },
  { n: 'z', p: 3 },
];

export const expressions: Case[] = [
  resolves(
    'a string that is one expression keeps the type of its value',
    {
      n: '${workflow.input.n}',
      half: '${workflow.input.half}',
      yes: '${workflow.input.yes}',
      none: '${workflow.input.none}',
      list: '${workflow.input.list}',
      map: '${workflow.input.map}',
      text: '${workflow.input.text}',
    },
    every,
    every,
  ),
  resolves(
    'inside a longer string a value is written as Java writes it',
    {
      n: '<${workflow.input.n}>',
      half: '<${workflow.input.half}>',
      yes: '<${workflow.input.yes}>',
      none: '<${workflow.input.none}>',
      list: '<${workflow.input.list}>',
      map: '<${workflow.input.map}>',
      text: '<${workflow.input.text}>',
      both: '${workflow.input.text} ${workflow.input.n}',
      missing: '<${workflow.input.nothing}>',
    },
    every,
    {
      n: '<1>',
      half: '<0.5>',
      yes: '<true>',
      none: '<null>',
      list: '<[1, a, null]>',
      map: '<{a={b=c}}>',
      text: '<hi>',
      both: 'hi 1',
      missing: '<null>',
    },
  ),
  resolves(
    'very small and very large numbers are written as Java writes doubles',
    {
      small: '<${workflow.input.small}>',
      large: '<${workflow.input.large}>',
      whole: '<${workflow.input.whole}>',
      huge: '<${workflow.input.huge}>',
    },
    { small: 0.00001234, large: 123456789.5, whole: 12345678901, huge: 1e21 },
    { small: '<1.234E-5>', large: '<1.234567895E8>', whole: '<12345678901>', huge: '<1.0E21>' },
  ),
  resolves(
    'a list that a path with a star gives is written as JSON',
    {
      list: '<${workflow.input.list[*].a}>',
      slice: '<${workflow.input.list[0:1]}>',
      plain: '<${workflow.input.list}>',
    },
    { list: [{ a: 'x/y "z"\u2028' }, { a: { b: [1, null, 0.5] } }] },
    {
      list: '<["x\\/y \\"z\\"\\u2028",{"b":[1,null,0.5]}]>',
      slice: '<[{"a":"x\\/y \\"z\\"\\u2028"}]>',
      plain: '<[{a=x/y "z"\u2028}, {a={b=[1, null, 0.5]}}]>',
    },
  ),
  resolves(
    'an expression that finds nothing gives null',
    {
      a: '${workflow.input.nothing}',
      b: '${it.output.nothing.deeper}',
      c: '${workflow.nothing}',
      d: '${it.output.result.list[9]}',
    },
    {},
    { a: null, b: null, c: null, d: null },
  ),
  resolves(
    'paths reach into lists and maps',
    {
      first: '${it.output.result.list[0].a}',
      last: '${it.output.result.list[-1].a}',
      all: '${it.output.result.list[*].a}',
      slice: '${it.output.result.list[0:1]}',
      deep: '${it.output..a}',
      none: '${it.output.result.list[*].zzz}',
      length: '${it.output.result.list.size()}',
      bracket: "${workflow.input['with space']}",
      quoted: '${workflow.input["with.dot"]}',
      dash: '${workflow.input.with-dash}',
      children: '${workflow.input.map.*}',
      ofText: '${workflow.input.dash.length}',
    },
    { 'with space': 1, 'with.dot': 2, 'with-dash': 3, map: { a: 4 } },
    {
      ...{ first: 1, last: 2, all: [1, 2], slice: [{ a: 1 }], deep: [1, 2], none: [], length: 2 },
      ...{ bracket: 1, quoted: 2, dash: 3, children: [4], ofText: null },
    },
  ),
  resolves(
    'paths pick several',
    {
      indexes: '${workflow.input.l[0,2].n}',
      beyond: '${workflow.input.l[0,9].n}',
      names: "${workflow.input.m['a','zz','b']}",
      ofEach: "${workflow.input.l[0:2]['n','p']}",
      inText: 'is ${workflow.input.l[0,2].n}',
    },
    { l: listed, m: { a: 1, b: 2, c: 3 } },
    {
      ...{ indexes: ['x', 'z'], beyond: ['x'], names: { a: 1, b: 2 }, inText: 'is ["x","z"]' },
      ofEach: [
        { n: 'x', p: 1 },
        { n: 'y', p: 2 },
      ],
    },
  ),
  resolves(
    'paths filter',
    {
      more: '${workflow.input.l[?(@.p > 1)].n}',
      atLeast: '${workflow.input.l[?(@.p >= 1 && @.p < 3)].n}',
      is: "${workflow.input.l[?(@.n == 'x')].p}",
      isNot: "${workflow.input.l[?(@.n != 'x')].p}",
      either: '${workflow.input.l[?(@.p == 1 || (@.p == 3 && @.n))].n}',
      there: '${workflow.input.l[?(@.q)].n}',
      notThere: '${workflow.input.l[?(!@.q)].n}',
      deeper: '${workflow.input.l[?(@.s.t == true)].n}',
      isNull: '${workflow.input.l[?(@.q == null)].n}',
      numberInText: "${workflow.input.l[?(@.p == '1')].n}",
      pattern: '${workflow.input.l[?(@.n =~ /X|Y/i)].p}',
      within: "${workflow.input.l[?(@.n in ['x','z'])].p}",
      without: "${workflow.input.l[?(@.n nin ['x'])].p}",
      numbers: '${workflow.input.numbers[?(@ > 2)]}',
      first: '${workflow.input.l[?(@.p >= 2)][0]}',
      lengths: '${workflow.input.l[?(@.p)].length()}',
    },
    { l: listed, numbers: [1, 2, 3, 4] },
    {
      ...{ more: ['y', 'z'], atLeast: ['x', 'y'], is: [1], isNot: [2, 3], either: ['x', 'z'], there: ['x'] },
      ...{
        notThere: ['y', 'z'],
        deeper: ['y'],
        isNull: ['y', 'z'],
        numberInText: ['x'],
        pattern: [1, 2],
        within: [1, 3],
      },
      ...{ without: [2, 3], numbers: [3, 4], first: [], lengths: [3, 3, 2] },
    },
  ),
  resolves(
    'functions at the end of a path',
    Object.fromEntries(
      ['min', 'max', 'sum', 'avg', 'first', 'last', 'length'].map((name) => [
        name,
        `\${workflow.input.numbers.${name}()}`,
      ]),
    ),
    { numbers: [1, 2, 3, 4] },
    { min: 1, max: 4, sum: 10, avg: 2.5, first: 1, last: 4, length: 4 },
  ),
  resolves(
    'expressions nest',
    { value: '${workflow.input.${workflow.input.key}}', inText: 'is ${workflow.input.${workflow.input.key}}!' },
    { key: 'b', a: 1, b: { c: 2 } },
    { value: { c: 2 }, inText: 'is {c=2}!' },
  ),
  resolves(
    'what is escaped, blank or never closed stays text',
    {
      escaped: '$${workflow.input.x}',
      within: 'a $${b} ${workflow.input.x}',
      blank: '<${ }>',
      open: '${workflow.input.x',
      braces: '{a} ${workflow.input.x}',
    },
    { x: 1 },
    { escaped: '${workflow.input.x}', within: 'a ${b} 1', blank: '<>', open: '${workflow.input.x', braces: '{a} 1' },
  ),
  resolves(
    'expressions are found inside maps and lists',
    { map: { a: ['${workflow.input.x}', { b: 'is ${workflow.input.x}' }], n: 3 }, flag: true },
    { x: 1 },
    { map: { a: [1, { b: 'is 1' }], n: 3 }, flag: true },
  ),
  {
    name: 'what workflow has',
    workflows: [
      workflow([inline('it', '1', { status: '${workflow.status}' })], {
        version: 3,
        outputParameters: {
          id: '${workflow.workflowId}',
          type: '${workflow.workflowType}',
          version: '${workflow.version}',
          correlationId: '${workflow.correlationId}',
          schema: '${workflow.schemaVersion}',
          during: '${it.input.status}',
          parent: '${workflow.parentWorkflowId}',
        },
      }),
    ],
    steps: [
      { do: 'start', correlationId: '@@c' },
      {
        do: 'expect',
        status: 'COMPLETED',
        output: {
          id: '<id>',
          type: '@@flow',
          version: 3,
          correlationId: '@@c',
          schema: 2,
          during: 'RUNNING',
          parent: null,
        },
      },
    ],
  },
  {
    name: 'what a task has',
    workflows: [
      workflow([inline('it', '1', { x: 5 })], {
        outputParameters: {
          status: '${it.status}',
          type: '${it.taskType}',
          reference: '${it.referenceTaskName}',
          name: '${it.taskDefName}',
          input: '${it.input.x}',
          retries: '${it.retryCount}',
          id: '${it.taskId}',
          workflow: '${it.workflowInstanceId}',
        },
      }),
    ],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'COMPLETED',
        output: {
          ...{ status: 'COMPLETED', type: 'INLINE', reference: 'it', name: 'it', input: 5, retries: 0 },
          ...{ id: '<id>', workflow: '<id>' },
        },
      },
    ],
  },
  {
    name: 'inputTemplate fills in what an input lacks, and an input that is empty stays empty',
    workflows: [
      workflow([system('SET_VARIABLE', 'set', { a: '${workflow.input.a}', b: '${workflow.input.b}' })], {
        inputTemplate: { a: 1, b: { c: 2 } },
      }),
    ],
    steps: [
      { do: 'start', input: { a: null, z: 9 } },
      { do: 'expect', status: 'COMPLETED', variables: { a: 1, b: { c: 2 } } },
      { do: 'start', input: { z: 9, b: false } },
      { do: 'expect', status: 'COMPLETED', input: { z: 9, a: 1, b: false } },
      { do: 'start', input: {} },
      { do: 'expect', status: 'COMPLETED', input: {}, variables: { a: null, b: null } },
    ],
  },
  {
    name: "the template of a task's definition fills in what its parameters lack or what resolves to null",
    taskDefs: [
      {
        name: '@@work',
        ownerEmail: 'a@b.c',
        inputTemplate: { a: 1, b: '${workflow.input.b}', c: 'raw ${workflow.input.b}' },
      },
    ],
    workflows: [workflow([simple('work', { inputParameters: { a: '${workflow.input.nothing}', d: 4 } })])],
    steps: [
      { do: 'start', input: { b: 2 } },
      { do: 'work', task: '@@work', input: { a: 1, b: 2, c: 'raw 2', d: 4 }, reply: { status: 'COMPLETED' } },
      { do: 'expect', status: 'COMPLETED' },
    ],
  },
  {
    name: 'without outputParameters the output is that of the last task',
    workflows: [workflow([inline('one', '1'), inline('two', '({ a: 2 })')])],
    steps: [{ do: 'start' }, { do: 'expect', status: 'COMPLETED', output: { result: { a: 2 } } }],
  },
  {
    name: 'CPEWF_TASK_ID is the id of the task, and stays text in outputParameters',
    workflows: [
      workflow([inline('it', '$.id', { id: '${CPEWF_TASK_ID}', text: 'is ${CPEWF_TASK_ID}' })], {
        outputParameters: { id: '${it.output.result}', same: '${it.taskId}', kept: '${CPEWF_TASK_ID}' },
      }),
    ],
    steps: [
      { do: 'start' },
      { do: 'expect', status: 'COMPLETED', output: { id: '<id>', same: '<id>', kept: '${CPEWF_TASK_ID}' } },
    ],
  },
  {
    name: 'variables begin as the definition has them',
    workflows: [
      workflow([inline('it', '$.a + 1', { a: '${workflow.variables.a}' })], {
        variables: { a: 41, b: 'keep' },
        outputParameters: { sum: '${it.output.result}', all: '${workflow.variables}' },
      }),
    ],
    steps: [{ do: 'start' }, { do: 'expect', status: 'COMPLETED', output: { sum: 42, all: { a: 41, b: 'keep' } } }],
  },
];
