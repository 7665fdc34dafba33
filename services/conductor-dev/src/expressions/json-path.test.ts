import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compilePath, readPath } from './json-path.ts';

const root = { list: [{ a: 1 }, { a: 2, deep: { a: 3 } }], 'with space': 4, "it's": 5, map: { x: 6, y: [7] } };
const read = (path: string) => readPath(compilePath(`root.${path}`), root);

describe('a path', () => {
  test.each([
    ['list[0].a', 1],
    ['list[-1].a', 2],
    ['list[5].a', null],
    ['list[*].a', [1, 2]],
    ['list[0:1]', [{ a: 1 }]],
    ['list[-1:]', [root.list[1]]],
    ['list..a', [1, 2, 3]],
    ['list.length()', 2],
    ['map.*', [6, [7]]],
    ['map..zzz', []],
    ['nothing[*]', []],
    ['list.a', null],
    ['list.length', null],
    ['list[1,0].a', [2, 1]],
    ["map['y','x','z']", { x: 6, y: [7] }],
    ['list[?(@.a > 1)].a', [2]],
    ["list[?(!(@.deep || @.a == ']'))].a", [1]],
    ['list[?(@.deep.a == @.deep.a && @.deep)].a', [2]],
    ['map.y.max()', 7],
    ['map.x.max()', null],
  ])('%s', (path, value) => expect(read(path)).toEqual(value));

  test('takes names in brackets, with quotes in them', () => {
    expect(readPath(compilePath("root['with space']"), root)).toBe(4);
    expect(readPath(compilePath("root['it\\'s']"), root)).toBe(5);
    expect(readPath(compilePath('$.root["map"].x'), root)).toBe(6);
  });

  test.each(['a b', 'a.', 'a[', 'a[b]', "a['b", 'a.b c', "a[0,'b']", 'a[?(@.b', 'a[?(@.b >)]', 'a[?()]'])(
    '%s is not valid',
    (path) => {
      expect(() => compilePath(path)).toThrow(expect.objectContaining({ status: 400 }));
    },
  );

  test.each(['a[?(@.b size 1)]', 'a.concat()', 'a..[0]', '*.a'])('%s needs a real server', (path) => {
    expect(() => compilePath(path)).toThrow(expect.objectContaining({ status: 501 }));
  });

  test('finds every value by the path to it', () => {
    const names = fc.string({ minLength: 1 }).filter((name) => name !== '__proto__');
    const steps = fc.array(fc.oneof(names, fc.nat(3)), { minLength: 1, maxLength: 5 });
    const property = fc.property(steps, fc.jsonValue(), (path, value) => {
      const nested = path.reduceRight<unknown>(
        (inner, step) => (typeof step === 'number' ? [...Array(step).fill('other'), inner] : { [step]: inner }),
        value,
      );
      const text = path.map((step) =>
        typeof step === 'number' ? `[${step}]` : `['${step.replace(/[\\']/g, '\\$&')}']`,
      );
      expect(readPath(compilePath(`root${text.join('')}`), nested)).toEqual(value);
    });
    fc.assert(property);
  });
});
