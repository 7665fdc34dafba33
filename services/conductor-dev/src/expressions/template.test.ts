import { describe, expect, test } from 'vitest';
import { PathError } from './json-path.ts';
import { compileTemplate } from './template.ts';

const values: Record<string, unknown> = {
  workflow: { input: { n: 1, text: 'hi', list: [1, [2], { a: null }], key: 'n', map: { a: { b: 'c' } } } },
  'with-dash': { output: { x: 5 } },
};
const resolve = (text: unknown, taskId?: string) =>
  compileTemplate(text)({ scope: (root) => values[root], ...(taskId === undefined ? {} : { taskId }) });

describe('an expression', () => {
  test('that is the whole string keeps the type of its value', () => {
    expect(resolve('${workflow.input.n}')).toBe(1);
    expect(resolve('${workflow.input.list}')).toEqual([1, [2], { a: null }]);
    expect(resolve('${with-dash.output.x}')).toBe(5);
  });

  test('inside a longer string is written as Java writes it', () => {
    expect(resolve('<${workflow.input.list}>')).toBe('<[1, [2], {a=null}]>');
    expect(resolve('${workflow.input.n}${workflow.input.n}')).toBe('11');
    expect(resolve(' ${workflow.input.n}')).toBe(' 1');
  });

  test('that finds nothing is null', () => {
    expect(resolve('${workflow.input.zzz}')).toBeNull();
    expect(resolve('${nobody.output.x}')).toBeNull();
    expect(resolve('${workflow.input.text.length}')).toBeNull();
    expect(resolve('is ${nobody.output.x}')).toBe('is null');
  });

  test('may hold another one', () => {
    expect(resolve('${workflow.input.${workflow.input.key}}')).toBe(1);
  });

  test('is text when escaped, when never closed, and in the names of members', () => {
    expect(resolve('$${workflow.input.n}')).toBe('${workflow.input.n}');
    expect(resolve('$${a} ${workflow.input.n}')).toBe('${a} 1');
    expect(resolve('${workflow.input.n')).toBe('${workflow.input.n');
    expect(resolve({ '${workflow.input.n}': 2 })).toEqual({ '${workflow.input.n}': 2 });
  });

  test('that is blank is empty text', () => {
    expect(resolve('${}')).toBe('');
    expect(resolve('a${  }b')).toBe('ab');
  });

  test('of the task id stays as it is where there is no task', () => {
    expect(resolve('${CPEWF_TASK_ID}', 't1')).toBe('t1');
    expect(resolve('id ${CPEWF_TASK_ID}')).toBe('id ${CPEWF_TASK_ID}');
    expect(resolve('${CPEWF_TASK_ID}')).toBe('${CPEWF_TASK_ID}');
  });

  test('does not reach what objects inherit', () => {
    expect(resolve('${workflow.input.constructor}')).toBeNull();
    expect(resolve('${workflow.input.__proto__.toString}')).toBeNull();
  });

  test('with a feature this server lacks is refused, not resolved to something else', () => {
    expect(() => resolve('${workflow.input.list[?(@.a size 2)]}')).toThrow(PathError);
    expect(() => resolve('${workflow.input.list.concat()}')).toThrow('function concat()');
  });
});

test('maps and lists are resolved inside, other values are kept', () => {
  expect(resolve({ a: ['${workflow.input.n}', { b: 'x${workflow.input.n}' }], c: true, d: null })).toEqual({
    a: [1, { b: 'x1' }],
    c: true,
    d: null,
  });
});
