import { describe, expect, it } from 'vitest';
import { scriptFault } from './script.ts';

describe('a script', () => {
  it.each([
    '$.a + 1',
    '(function () { return $.value1 + $.value2; })();',
    'let a = 1; var b; c = 2; ({ a, b, c })',
    'with ($) { a }',
    '// nothing',
    '',
  ])('compiles: %s', (text) => {
    expect(scriptFault(text)).toBeUndefined();
  });

  it.each([
    ['(function () {\n  return $.a +;\n})();', '(line 2, column 15): Unexpected token'],
    ['\r\n\t$.a b', "(line 2, column 6): Unexpected identifier 'b'"],
    ['return 1', '(line 1, column 1): Illegal return'],
    ['await 1', '(line 1, column 1): await is only valid'],
    ['if ($.a) {', '(line 1, column 11): Unexpected end of input'],
    ['`\n\n', '(line 3, column 1): Un'],
    ['let a;\nlet a;', '(line 2, column 5): Identifier'],
  ])('that does not compile says where: %j', (text, detail) => {
    expect(scriptFault(text)).toContain(detail);
  });

  it('is never run', () => {
    expect(scriptFault('globalThis.wasRun = true; throw new Error("ran")')).toBeUndefined();
    expect(globalThis).not.toHaveProperty('wasRun');
  });

  it('that nests without end is refused', () => {
    expect(scriptFault('('.repeat(200_000))).toMatch(/nests too deep/);
  });
});
