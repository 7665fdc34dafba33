import { expect, test } from 'vitest';
// @ts-expect-error plain JavaScript, see frames.mjs
import { changesBuiltins } from './builtins.mjs';

test.each([
  'Array.prototype.last = function () { return this.at(-1); }',
  'String.prototype["shout"] = 1',
  'Array\n  .prototype\n  .last = 1',
  'Math.sum = (a, b) => a + b',
  'Date.now = () => 0',
  'Error.stackTraceLimit = 50',
  'Error.prepareStackTrace = null',
  'Object.defineProperty(Array.prototype, "last", { get() {} })',
  'Object.assign(String.prototype, { a: 1 })',
  'Object.setPrototypeOf(Map.prototype, null)',
  'Reflect.set( Object.prototype, "a", 1)',
  'delete Array.prototype.map',
  'Array.prototype.__defineGetter__("a", f)',
  'RegExp.$1',
  'RegExp["$&"]',
  'RegExp.lastMatch',
])('a script that changes built-ins, or reads the last match: %s', (script) => {
  expect(changesBuiltins(script)).toBe(true);
});

test.each([
  'Array.prototype.slice.call($)',
  'Object.prototype.hasOwnProperty.call($, "a") == true',
  'Number.MAX_VALUE === 1',
  'const max = Math.max; a.Math = 1',
  'Array.from($).map((Error) => Error)',
  'class MyError extends Error {} MyError.prototype.name = "x"',
  'function Item() {} Item.prototype.toString = f',
  'Object.assign({}, $); Object.freeze($)',
  'new RegExp("a").lastIndex = 1',
  'x = RegExp.prototype',
])('an ordinary script: %s', (script) => {
  expect(changesBuiltins(script)).toBe(false);
});

test('a long script is looked at in no time that matters', () => {
  const scripts = ['Array.prototype.'.repeat(60_000), 'Array .'.repeat(100_000), `Array.a${' '.repeat(1_000_000)}`];
  const begin = performance.now();
  for (const script of scripts) expect(changesBuiltins(script)).toBe(false);
  expect(performance.now() - begin).toBeLessThan(2_000);
});
