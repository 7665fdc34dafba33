import { afterEach, expect, test } from 'vitest';
import { toLimits } from '../limits.ts';
// @ts-expect-error plain JavaScript, see frames.mjs
import { Contexts } from './contexts.mjs';

const contexts = new Contexts(toLimits({}, true).child);
afterEach(() => contexts.dispose());
const run = (context: { run(...given: unknown[]): unknown }, script = '1') => context.run(script, 'null', 1_000);

test('another owner gets another isolate, and the old one is gone', () => {
  const [ours, alsoOurs] = [contexts.take('a'), contexts.take('a')];
  expect([run(ours), run(alsoOurs)]).toEqual(['o2:[]1', 'o2:[]1']);
  const theirs = contexts.take('b');
  expect(run(theirs)).toBe('o2:[]1');
  expect(() => run(ours)).toThrow('disposed');
});

test('a context that was prepared for one owner is not given to another', () => {
  contexts.take('a');
  contexts.prepare();
  const theirs = contexts.take('b');
  const ours = contexts.take('a');
  expect(run(ours)).toBe('o2:[]1');
  expect(() => run(theirs)).toThrow('disposed');
});

test('an isolate is replaced after a hundred runs', () => {
  const first = contexts.take('a');
  for (let runs = 1; runs < 100; runs++) contexts.take('a').release();
  contexts.prepare();
  expect(() => run(first)).toThrow('disposed');
  expect(run(contexts.take('a'))).toBe('o2:[]1');
});

test('compiling says where it fails and leaves the isolate usable', () => {
  expect(() => contexts.compile('a', '1 +\n)')).toThrow('[script:2:1]');
  expect(run(contexts.take('a'))).toBe('o2:[]1');
});
