import type { Case } from '../types.ts';
import { completes, fails, fork, inline, join, loop, simple, system, taskDef, workflow } from '../types.ts';

const times = (count: number) => `$.loop.iteration < ${count}`;
const stop = { do: 'http', method: 'DELETE', path: '/workflow/{id}', status: 200 } as const;

export const loops: Case[] = [
  {
    name: 'DO_WHILE repeats its tasks; its output has each round',
    workflows: [
      workflow([
        loop([inline('x', '$.round * 10', { round: '${loop.output.iteration}' })], times(3)),
        system('SET_VARIABLE', 'after', { last: '${x.output.result}', rounds: '${loop.output}' }),
      ]),
    ],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'COMPLETED',
        variables: {
          last: 30,
          rounds: { 1: { x: { result: 10 } }, 2: { x: { result: 20 } }, 3: { x: { result: 30 } }, iteration: 3 },
        },
        tasks: [
          ['loop', 'COMPLETED', { taskType: 'DO_WHILE', taskDefName: 'loop', iteration: 3, loopOverTask: true }],
          ['x__1', 'COMPLETED', { taskDefName: 'x', iteration: 1, loopOverTask: true }],
          ['x__2', 'COMPLETED', { iteration: 2, workflowTask: { taskReferenceName: 'x' } }],
          ['x__3', 'COMPLETED', { iteration: 3 }],
          ['after', 'COMPLETED', { iteration: 0, loopOverTask: false }],
        ],
      },
    ],
  },
  {
    name: 'what has nothing behind it: the output is that of the last task of the last round',
    workflows: [workflow([loop([inline('x', '1')], '$.x.result == 2')])],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { result: 1 },
        tasks: [
          ['loop', 'COMPLETED', { outputData: { 1: { x: { result: 1 } }, iteration: 1 } }],
          ['x__1', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: "the condition sees the loop's parameters, its output and what its tasks last gave",
    workflows: [
      workflow([
        loop(
          [
            system(
              'SWITCH',
              'pick',
              { round: '${loop.output.iteration}' },
              {
                evaluatorType: 'value-param',
                expression: 'round',
                decisionCases: { 1: [inline('once', '41')] },
                defaultCase: [inline('other', '0')],
              },
            ),
          ],
          'if ($.once.result == 41 && $.loop.iteration < $.most) { true; } else { false; }',
          { inputParameters: { most: '${workflow.input.most}' } },
        ),
      ]),
    ],
    steps: [
      { do: 'start', input: { most: 2 } },
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { result: 0 },
        tasks: [
          ['loop', 'COMPLETED', { inputData: { most: 2 } }],
          ['pick__1', 'COMPLETED'],
          ['once__1', 'COMPLETED'],
          ['pick__2', 'COMPLETED'],
          ['other__2', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'a condition that is a number goes on while it is above 0; anything but true and that ends the loop',
    workflows: [
      workflow([loop([inline('x', '1')], '2 - $.loop.iteration')]),
      workflow([loop([inline('x', '1')], '"true"')], { name: '@@text' }),
    ],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'COMPLETED',
        tasks: [
          ['loop', 'COMPLETED', { iteration: 2 }],
          ['x__1', 'COMPLETED'],
          ['x__2', 'COMPLETED'],
        ],
      },
      { do: 'http', method: 'POST', path: '/workflow/@@text', body: {}, status: 200, keep: ['id', ''] },
      {
        do: 'expect',
        status: 'COMPLETED',
        tasks: [
          ['loop', 'COMPLETED', { iteration: 1 }],
          ['x__1', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'a condition that throws fails the workflow',
    workflows: [workflow([loop([inline('x', '1')], 'nothing.there')])],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'FAILED',
        reason:
          "Task <id> failed with status: FAILED and reason: 'Unable to evaluate condition nothing.there, exception Error evaluating the script `ReferenceError: nothing is not defined` at line 1'",
        output: { result: 1 },
        tasks: [
          ['loop', 'FAILED_WITH_TERMINAL_ERROR', { outputData: { 1: { x: { result: 1 } }, iteration: 1 } }],
          ['x__1', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'a condition that throws in an optional loop',
    workflows: [workflow([loop([inline('x', '1')], 'nothing.there', { optional: true }), inline('after', '2')])],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { result: 2 },
        tasks: [
          ['loop', 'COMPLETED_WITH_ERRORS'],
          ['x__1', 'COMPLETED'],
          ['after', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'rounds with a worker; one that fails fails the workflow and cancels the loop',
    taskDefs: [taskDef('a')],
    workflows: [workflow([loop([simple('a', { inputParameters: { round: '${loop.output.iteration}' } })], times(3))])],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'RUNNING',
        tasks: [
          ['loop', 'IN_PROGRESS', { iteration: 1, outputData: { iteration: 1 } }],
          ['a__1', 'SCHEDULED'],
        ],
      },
      { ...completes('a', { k: 1 }), input: { round: 1 } },
      {
        do: 'expect',
        status: 'RUNNING',
        eventually: true,
        tasks: [
          ['loop', 'IN_PROGRESS', { outputData: { 1: { a: { k: 1 } }, iteration: 2 } }],
          ['a__1', 'COMPLETED'],
          ['a__2', 'SCHEDULED'],
        ],
      },
      { ...fails('a', 'broken', { half: true }), input: { round: 2 } },
      {
        do: 'expect',
        status: 'FAILED',
        reason: "Task <id> failed with status: FAILED and reason: 'broken'",
        output: { half: true },
        tasks: [
          ['loop', 'CANCELED', { outputData: { 1: { a: { k: 1 } }, iteration: 2 } }],
          ['a__1', 'COMPLETED'],
          ['a__2', 'FAILED'],
        ],
      },
      { do: 'http', path: '/workflow/{id}', status: 200, answer: { failedReferenceTaskNames: ['a__2'] } },
    ],
  },
  {
    name: 'a task that is tried again stays in its round',
    taskDefs: [taskDef('a', { retryCount: 1 })],
    workflows: [workflow([loop([simple('a')], times(2))])],
    steps: [
      { do: 'start' },
      fails('a', 'first'),
      completes('a', { k: 1 }),
      completes('a', { k: 2 }),
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { k: 2 },
        tasks: [
          ['loop', 'COMPLETED', { outputData: { 1: { a: { k: 1 } }, 2: { a: { k: 2 } }, iteration: 2 } }],
          ['a__1', 'FAILED', { retried: true, iteration: 1 }],
          ['a__1', 'COMPLETED', { retryCount: 1, iteration: 1 }],
          ['a__2', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'an optional task that fails does not end its round',
    taskDefs: [taskDef('a'), taskDef('b')],
    workflows: [workflow([loop([simple('a', { optional: true }), simple('b')], times(1))])],
    steps: [
      { do: 'start' },
      fails('a', 'not needed', { half: true }),
      completes('b'),
      {
        do: 'expect',
        status: 'COMPLETED',
        tasks: [
          ['loop', 'COMPLETED', { outputData: { 1: { a: { half: true }, b: {} }, iteration: 1 } }],
          ['a__1', 'COMPLETED_WITH_ERRORS'],
          ['b__1', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'a permissive task that fails fails the loop',
    taskDefs: [taskDef('a')],
    workflows: [workflow([loop([simple('a', { permissive: true }), simple('never')], times(2)), inline('after', '1')])],
    steps: [
      { do: 'start' },
      fails('a', 'broken'),
      {
        do: 'expect',
        status: 'FAILED',
        reason: "Task <id> failed with status: FAILED and reason: 'broken '",
        tasks: [
          ['loop', 'FAILED', { reasonForIncompletion: 'broken ' }],
          ['a__1', 'FAILED'],
          ['never__1', 'CANCELED'],
        ],
      },
    ],
  },
  {
    name: 'a script that throws inside a loop',
    workflows: [workflow([loop([inline('x', 'throw 1')], times(5))])],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'FAILED',
        tasks: [
          [
            'loop',
            'CANCELED',
            { outputData: { 1: { x: { error: 'Error evaluating the script `1` at line 1' } }, iteration: 1 } },
          ],
          ['x__1', 'FAILED_WITH_TERMINAL_ERROR'],
        ],
      },
    ],
  },
  {
    name: 'a SWITCH in a loop runs what its case has, and what follows it',
    workflows: [
      workflow([
        loop(
          [
            system(
              'SWITCH',
              'pick',
              { round: '${loop.output.iteration}' },
              {
                evaluatorType: 'value-param',
                expression: 'round',
                decisionCases: { 2: [inline('two', '2'), inline('three', '3')] },
              },
            ),
            inline('end', '9'),
          ],
          times(2),
        ),
      ]),
    ],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'COMPLETED',
        tasks: [
          [
            'loop',
            'COMPLETED',
            {
              outputData: {
                1: { pick: { evaluationResult: ['1'], selectedCase: '1' }, end: { result: 9 } },
                2: {
                  pick: { evaluationResult: ['2'], selectedCase: '2' },
                  two: { result: 2 },
                  three: { result: 3 },
                  end: { result: 9 },
                },
                iteration: 2,
              },
            },
          ],
          ['pick__1', 'COMPLETED'],
          ['end__1', 'COMPLETED'],
          ['pick__2', 'COMPLETED'],
          ['two__2', 'COMPLETED'],
          ['three__2', 'COMPLETED'],
          ['end__2', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'a fork in a loop joins the tasks of its round',
    workflows: [
      workflow([
        loop([fork([[inline('x', '1')], [inline('y', '2')]]), join(['x', 'y']), inline('end', '9')], times(2)),
      ]),
    ],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { result: 9 },
        tasks: [
          ['loop', 'COMPLETED'],
          ['fork__1', 'COMPLETED'],
          ['x__1', 'COMPLETED'],
          ['y__1', 'COMPLETED'],
          [
            'join__1',
            'COMPLETED',
            { inputData: { joinOn: ['x', 'y'] }, outputData: { x__1: { result: 1 }, y__1: { result: 2 } } },
          ],
          ['end__1', 'COMPLETED'],
          ['fork__2', 'COMPLETED'],
          ['x__2', 'COMPLETED'],
          ['y__2', 'COMPLETED'],
          ['join__2', 'COMPLETED', { outputData: { x__2: { result: 1 }, y__2: { result: 2 } } }],
          ['end__2', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'a loop in a fork',
    workflows: [
      workflow([
        fork([[loop([inline('x', '1')], times(2)), inline('end', '3')], [inline('y', '2')]]),
        join(['end', 'y']),
      ]),
    ],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'COMPLETED',
        tasks: [
          ['fork', 'COMPLETED'],
          ['loop', 'COMPLETED'],
          ['y', 'COMPLETED'],
          ['join', 'COMPLETED', { outputData: { end: { result: 3 }, y: { result: 2 } } }],
          ['x__1', 'COMPLETED'],
          ['x__2', 'COMPLETED'],
          ['end', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'a WAIT in a loop, and variables that last from round to round',
    workflows: [
      workflow(
        [
          loop(
            [
              system('SET_VARIABLE', 'add', { n: '${workflow.variables.n}x' }),
              system('WAIT', 'pause', { duration: '1s' }),
            ],
            times(2),
          ),
        ],
        { variables: { n: '' } },
      ),
    ],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'COMPLETED',
        variables: { n: 'xx' },
        tasks: [
          ['loop', 'COMPLETED'],
          ['add__1', 'COMPLETED'],
          ['pause__1', 'COMPLETED'],
          ['add__2', 'COMPLETED'],
          ['pause__2', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'TERMINATE in a loop ends the workflow',
    workflows: [
      workflow([
        loop(
          [
            inline('x', '1'),
            system('TERMINATE', 'stop', {
              terminationStatus: 'COMPLETED',
              workflowOutput: { round: '${loop.output.iteration}' },
            }),
          ],
          'true',
        ),
      ]),
    ],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { round: 1 },
        tasks: [
          ['loop', 'CANCELED'],
          ['x__1', 'COMPLETED'],
          ['stop__1', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'keepLastN keeps the last rounds alone',
    workflows: [
      workflow([
        loop([inline('x', '1')], times(5), { inputParameters: { keepLastN: 2 } }),
        inline('after', '$.rounds', { rounds: '${loop.output}' }),
      ]),
    ],
    steps: [
      { do: 'start' },
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { result: { 4: { x: { result: 1 } }, 5: { x: { result: 1 } }, iteration: 5 } },
        tasks: [
          ['loop', 'COMPLETED', { seq: 1 }],
          ['x__4', 'COMPLETED', { seq: 5 }],
          ['x__5', 'COMPLETED', { seq: 6 }],
          ['after', 'COMPLETED', { seq: 7 }],
        ],
      },
    ],
  },
  {
    name: 'keepLastN that is no whole number makes the start fail',
    why: 'the message names a class of Java there',
    workflows: [workflow([loop([inline('x', '1')], times(2), { inputParameters: { keepLastN: '2' } })])],
    steps: [{ do: 'http', method: 'POST', path: '/workflow', body: { name: '@@flow', input: {} }, status: 500 }],
  },
  {
    name: 'DO_WHILE goes through items',
    workflows: [
      workflow([
        loop(
          [inline('x', '$.item + "/" + $.at', { item: '${loop.output.loopItem}', at: '${loop.output.loopIndex}' })],
          '',
          { items: '${workflow.input.list}' },
        ),
      ]),
    ],
    steps: [
      { do: 'start', input: { list: ['p', 'q'] } },
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { result: 'q/1' },
        tasks: [
          [
            'loop',
            'COMPLETED',
            {
              outputData: {
                1: { x: { result: 'p/0' } },
                2: { x: { result: 'q/1' } },
                iteration: 2,
                loopIndex: 1,
                loopItem: 'q',
              },
            },
          ],
          ['x__1', 'COMPLETED'],
          ['x__2', 'COMPLETED'],
        ],
      },
      { do: 'start', input: { list: [] } },
      {
        do: 'expect',
        status: 'COMPLETED',
        tasks: [['loop', 'COMPLETED', { outputData: { iteration: 0 }, iteration: 0, loopOverTask: false }]],
      },
      { do: 'start', input: { list: 'one' } },
      {
        do: 'expect',
        status: 'COMPLETED',
        tasks: [
          ['loop', 'COMPLETED', { iteration: 1 }],
          ['x__1', 'COMPLETED', { outputData: { result: 'one/0' } }],
        ],
      },
    ],
  },
  {
    name: 'the condition ends a loop over items early, and never makes it longer',
    workflows: [
      workflow([
        loop([inline('x', '1')], '$.loopIndex < $.to', {
          items: '${workflow.input.list}',
          inputParameters: { to: '${workflow.input.to}' },
        }),
      ]),
    ],
    steps: [
      { do: 'start', input: { list: ['p', 'q', 'r'], to: 1 } },
      {
        do: 'expect',
        status: 'COMPLETED',
        tasks: [
          ['loop', 'COMPLETED', { iteration: 2 }],
          ['x__1', 'COMPLETED'],
          ['x__2', 'COMPLETED'],
        ],
      },
      { do: 'start', input: { list: ['p'], to: 9 } },
      {
        do: 'expect',
        status: 'COMPLETED',
        tasks: [
          ['loop', 'COMPLETED', { iteration: 1 }],
          ['x__1', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'a loop lacks its tasks or its condition',
    steps: [
      {
        do: 'http',
        method: 'POST',
        path: '/metadata/workflow',
        body: workflow([{ name: 'loop', taskReferenceName: 'loop', type: 'DO_WHILE', loopCondition: 'true' }]),
        status: 400,
        answer: {
          validationErrors: [{ message: 'loopOver field is required for taskType: DO_WHILE taskName: loop' }],
        },
      },
      {
        do: 'http',
        method: 'POST',
        path: '/metadata/workflow',
        body: workflow([{ name: 'loop', taskReferenceName: 'loop', type: 'DO_WHILE', loopOver: [inline('x', '1')] }]),
        status: 400,
        answer: {
          validationErrors: [{ message: 'loopCondition field is required for taskType: DO_WHILE taskName: loop' }],
        },
      },
    ],
  },
  {
    name: 'a loop that is terminated is canceled',
    taskDefs: [taskDef('a')],
    workflows: [workflow([loop([simple('a')], 'true')])],
    steps: [
      { do: 'start' },
      completes('a'),
      {
        do: 'expect',
        status: 'RUNNING',
        eventually: true,
        tasks: [
          ['loop', 'IN_PROGRESS'],
          ['a__1', 'COMPLETED'],
          ['a__2', 'SCHEDULED'],
        ],
      },
      stop,
      {
        do: 'expect',
        status: 'TERMINATED',
        tasks: [
          ['loop', 'CANCELED'],
          ['a__1', 'COMPLETED'],
          ['a__2', 'CANCELED'],
        ],
      },
    ],
  },
];
