import { afterEach, expect, test } from 'vitest';
import { toLimits } from '../limits.ts';
// @ts-expect-error plain JavaScript, see frames.mjs
import { Contexts } from './contexts.mjs';

const contexts = new Contexts(toLimits({}, true).child);
afterEach(() => contexts.dispose());

interface Context {
  run(script: string, input: string, timeoutMs: number): unknown;
}
const run = (context: Context, script = '1') => context.run(script, 'null', 1_000);
const take = (owner: string, script = '1', revision = `${owner}@1`): Context => contexts.take(owner, revision, script);

/** Runs a script as often as that, as a child does; the contexts it ran in. */
function runs(times: number, script: string, revision?: string): Context[] {
  return Array.from({ length: times }, () => {
    const context = take('a', script, revision);
    run(context, script);
    contexts.prepare();
    return context;
  });
}

test('another owner gets another isolate, and the old one is gone', () => {
  const [ours, alsoOurs] = [take('a'), take('a')];
  expect([run(ours), run(alsoOurs)]).toEqual(['o2:[]1', 'o2:[]1']);
  const theirs = take('b');
  expect(run(theirs)).toBe('o2:[]1');
  expect(() => run(ours)).toThrow('disposed');
});

test('a context that was prepared for one owner is not given to another', () => {
  take('a');
  contexts.prepare();
  const theirs = take('b');
  const ours = take('a');
  expect(run(ours)).toBe('o2:[]1');
  expect(() => run(theirs)).toThrow('disposed');
});

test('a hardened context of one owner is gone when another runs', () => {
  const [hardened] = runs(6, '1').slice(-1) as [Context];
  take('b');
  expect(() => run(hardened)).toThrow('disposed');
});

test('fresh contexts are thrown away by the hundred', () => {
  const first = take('a', 'Array.prototype.own = 1');
  runs(100, 'Array.prototype.own = 1');
  expect(() => run(first)).toThrow('disposed');
  expect(run(take('a'))).toBe('o2:[]1');
});

test('a revision has a hardened context of its own after five runs, and another script none of it', () => {
  expect(new Set(runs(5, '1')).size).toBe(5);
  expect(new Set(runs(5, '1')).size).toBe(1);
  const [ours, other] = [runs(1, '1')[0], runs(6, '1', 'a@2').at(-1)];
  expect(other).not.toBe(ours);
  expect(runs(1, '2')[0]).not.toBe(ours);
});

test('a script that changes built-ins, or leaves what cannot be cleaned, gets a fresh context each time', () => {
  for (const script of ['Array.prototype.own = 1', 'Object.freeze(globalThis)', 'new Promise(() => {})']) {
    const used = runs(20, script);
    // One of them was hardened, and was not used again.
    expect(new Set(used).size).toBe(20);
  }
});

test('a very long script gets a fresh context each time', () => {
  expect(new Set(runs(10, `1${' '.repeat(70_000)}`)).size).toBe(10);
});

test('what a script throws does not cost it the context', () => {
  expect(new Set(runs(10, 'throw 1').slice(5)).size).toBe(1);
});

test('of many revisions, those that ran last keep their contexts', () => {
  const [first] = runs(6, '1', 'first').slice(-1);
  for (let other = 0; other < 11; other++) runs(1, '1', `other ${other}`);
  expect(runs(1, '1', 'first')[0]).toBe(first);
  for (let other = 0; other < 12; other++) runs(1, '1', `other ${other}`);
  expect(runs(1, '1', 'first')[0]).not.toBe(first);
});

test('compiling says where it fails and leaves the isolate usable', () => {
  expect(() => contexts.compile('a', '1 +\n)')).toThrow('[script:2:1]');
  expect(run(take('a'))).toBe('o2:[]1');
});
