import { describe, expect, it } from 'vitest';
import { costOf } from './cost.ts';
import { compileSchema } from './index.ts';

const many = <T>(count: number, make: (index: number) => T) => Array.from({ length: count }, (_, index) => make(index));
const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth));
/** Faults, and how long they took to find (ms); the schema is compiled before. */
const check = (schema: unknown, value: unknown) => {
  const validate = compileSchema(schema);
  const size = JSON.stringify(value).length;
  const begin = performance.now();
  const faults = validate(value, size);
  return { validate, faults, ms: performance.now() - begin };
};
const tooLong = [{ pointer: '', detail: expect.stringMatching(/takes longer than 500 ms/) }];
/** The bound, and what a slow machine may add to it. */
const bound = 2_000;

describe('a schema that would take forever', () => {
  const twice = { type: 'array', anyOf: [{ items: { $ref: '#' } }, { items: { $ref: '#' } }], minItems: 1 };

  it('is cut off, and its like not begun for a while', () => {
    const { validate, faults, ms } = check(twice, nested(60));
    expect(faults).toEqual(tooLong);
    expect(ms).toBeLessThan(bound);
    const again = performance.now();
    expect(validate(nested(60), 120)).toEqual([
      { pointer: '', detail: expect.stringMatching(/as one like it just did/) },
    ]);
    expect(performance.now() - again).toBeLessThan(100);
  });

  it('is cut off where it needs backtracking, or many references', () => {
    const backtracking = check({ pattern: '^(?=(a|a)+$)b' }, `${'a'.repeat(100)}!`);
    expect([backtracking.faults, backtracking.ms < bound]).toEqual([tooLong, true]);
    const $defs = Object.fromEntries([
      ['d0', { type: 'string' }],
      ...many(40, (i) => [`d${i + 1}`, { allOf: [{ $ref: `#/$defs/d${i}` }, { $ref: `#/$defs/d${i}` }] }]),
    ]);
    const doubling = check({ $defs, $ref: '#/$defs/d40' }, 'x');
    expect([doubling.faults, doubling.ms < bound]).toEqual([tooLong, true]);
  });

  it('or in circles, is a fault', () => {
    expect(check({ anyOf: [{ $ref: '#' }] }, 1).faults).toEqual([
      { pointer: '', detail: expect.stringMatching(/circles/) },
    ]);
  });
});

describe('900 KB', () => {
  const texts = ['a'.repeat(900_000), 'ab'.repeat(450_000)];

  it('of text take no pattern of RE2’s long', () => {
    for (const pattern of ['^(a+)+$', '(a|b|ab)*c', '^(.*a){20}$', 'x*y*z*$'])
      for (const text of texts) expect([pattern, check({ pattern }, `${text}!`).ms < bound]).toEqual([pattern, true]);
  });

  it('of objects are compared for being unique without comparing each with each', () => {
    const items = many(70_000, (a) => ({ a }));
    expect(check({ uniqueItems: true }, items)).toMatchObject({ faults: [] });
    expect(check({ uniqueItems: true }, [...items, { a: 7 }]).faults).toHaveLength(1);
  });

  it('of faults are not collected in quadratic time, and fifty are told', () => {
    const schema = { $defs: { text: { type: 'string' } }, items: { $ref: '#/$defs/text' } };
    const { faults, ms } = check(
      schema,
      many(100_000, () => 1),
    );
    expect(faults).toHaveLength(50);
    expect(faults[49]).toEqual({ pointer: '/49', detail: 'must be string' });
    expect(ms).toBeLessThan(bound);
  });

  it('of texts are no format’s, quickly', () => {
    const formats = [
      'date-time',
      'duration',
      'uri',
      'uri-reference',
      'uri-template',
      'url',
      'email',
      'hostname',
      'ipv6',
      'regex',
      'uuid',
      'json-pointer',
      'byte',
    ];
    for (const format of formats)
      for (const text of ['http://:', 'http://a.', '::1', 'a@a-'])
        expect([
          format,
          check(
            { items: { format } },
            many(100, () => text.padEnd(8_000, text.at(-1))),
          ).ms < bound,
        ]).toEqual([format, true]);
  });
});

it('unique items are those that are not equal, whatever the order of their members', () => {
  const areUnique = (...items: unknown[]) => compileSchema({ uniqueItems: true })(items).length === 0;
  expect(areUnique(1, '1', true, null, 'null', [1], '[1]', { a: 1 }, '{"a":1}', { a: '1' }, [[1]], {}, [])).toBe(true);
  for (const [one, other] of [
    [1, 1.0],
    [0, -0],
    [null, null],
    ['a', 'a'],
    [[], []],
    [
      { a: 1, b: [2] },
      { b: [2], a: 1 },
    ],
  ])
    expect(areUnique(one, 'between', other), JSON.stringify([one, other])).toBe(false);
  expect(compileSchema({ uniqueItems: false })([1, 1])).toEqual([]);
});

it('a tree’s schema refers to itself', () => {
  const validate = compileSchema({
    type: 'object',
    properties: { children: { items: { $ref: '#' } } },
    required: ['id'],
  });
  expect(validate({ id: 1, children: [{ id: 2, children: [{}] }] })).toEqual([
    { pointer: '/children/0/children/0/id', detail: 'is required' },
  ]);
});

it('a pattern that only a backtracking engine can match is refused where that is asked for', () => {
  for (const pattern of ['^(?!x)', '(a)\\1', '(?<=a)b', 'a{1,1001}'])
    expect(() => compileSchema({ properties: { a: { pattern } } }, 'refuse'), pattern).toThrow(
      /is not taken .*lookaround/,
    );
  expect(() => compileSchema({ patternProperties: { '(?=a)': {} } }, 'refuse')).toThrow(/is not taken/);
  expect(compileSchema({ pattern: '^(?!x)' })('x')).toHaveLength(1);
  expect(compileSchema({ pattern: '^[\\w.\\-\\/\\u00fc]+\\d{2,3}\\p{Lu}$' }, 'refuse')('ü/a.12Ä')).toEqual([]);
});

it('the cost of a schema is its size with its references written out', () => {
  const part = { type: 'object', properties: { a: { type: 'string' } } };
  const once = costOf({ $defs: { part }, $ref: '#/$defs/part' });
  expect(costOf({ $defs: { part }, allOf: [{ $ref: '#/$defs/part' }, { $ref: '#/$defs/part' }] })).toBeGreaterThan(
    once + 5,
  );
  expect(costOf({ pattern: '^[ab]{1000}$' })).toBeGreaterThan(10_000);
  for (const circle of [{ items: { $ref: '#' } }, { $ref: '#named' }, { $dynamicRef: '#x' }, { $ref: '#/nowhere' }])
    expect(costOf(circle), JSON.stringify(circle)).toBe(Number.POSITIVE_INFINITY);
});
