import { rounds } from '@rostrum/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSandbox, type Sandbox, ScriptError } from '../src/index.ts';
import { refusal, scriptRun, valueOf } from './support.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await createSandbox({ size: 2, spares: 0, maxInputBytes: 100_000, maxOutputBytes: 1_000 });
});
afterAll(() => sandbox.close());

describe('the value of a script is that of its last expression', () => {
  test.each([
    ['1 + 1', 2],
    ['$.a * 2', 42],
    ['$', { a: 21 }],
    ['const total = $.a + 1;\n({ total })', { total: 22 }],
    ['if ($.a > 20) { "many" } else { "few" }', 'many'],
    ['let sum = 0; for (const n of [1, 2, 3]) sum += n;', 6],
    ['$.b = 1; $', { a: 21, b: 1 }],
    ['counter = 1; counter + 1', 2],
    ['"use strict"; [1, 2].map((n) => n * $.a)', [21, 42]],
    ['function double(n) { return n * 2 } double($.a)', 42],
    ['class Item { constructor(a) { this.a = a } } new Item($.a)', { a: 21 }],
    ['try { JSON.parse("{") } catch (e) { e.name }', 'SyntaxError'],
    ['const e = new Error("x"); e.name = "Mine"; e.name + e.message', 'Minex'],
    ['new Date(0)', '1970-01-01T00:00:00.000Z'],
    ['Number.isFinite(Date.now()) && Math.random() < 1', true],
    ['new Intl.NumberFormat("en-US").format(1234.5)', '1,234.5'],
    ['undefined', null],
    ['', null],
    ['const unused = 1', null],
    ['NaN', null],
    ['[undefined, () => 1]', [null, null]],
    ['1 // a comment at the end', 1],
    ['await1 = 1; /* a comment */', 1],
    ['//# sourceURL=other\n$.a', 21],
  ])('%s', async (script, value) => {
    expect(await valueOf(sandbox, script, { value: { a: 21 } })).toEqual(value);
  });
});

describe('a promise is awaited', () => {
  test.each([
    ['Promise.resolve($)', 5],
    ['(async () => { const n = await $; return n + 1; })()', 6],
    ['({ then(resolve) { resolve($) } })', 5],
    ['Promise.all([1, 2, $].map(async (n) => n * 2))', [2, 4, 10]],
    ['Promise.resolve()', null],
    ['Promise.reject(1).catch((n) => n + $)', 6],
  ])('%s', async (script, value) => {
    expect(await valueOf(sandbox, script, { value: 5 })).toEqual(value);
  });
});

describe('an error says what was wrong and where', () => {
  test.each([
    ['const a = 1;\n  $.missing.name', "TypeError: Cannot read properties of undefined (reading 'name')", 2, 13],
    ['throw new Error("No items")', 'No items', 1, 7],
    ['let x = ;', "SyntaxError: Unexpected token ';'", 1, 9],
    ['1 +\n2 +\n)', "SyntaxError: Unexpected token ')'", 3, 1],
    ['return 1', 'SyntaxError: Illegal return statement', 1, 1],
    ['function inner() { throw new RangeError("far") }\n\ninner()', 'RangeError: far', 1, 26],
    ['(async () => {\n  await null;\n  throw new TypeError("late") })()', 'TypeError: late', 3, 9],
    ['Promise.reject(new Error("lost")); 1', 'lost', 1, 16],
    ['JSON.parse("{")', /^SyntaxError: Expected property name/, 1, 6],
    ['throw "words"', 'words', undefined, undefined],
    ['throw ""', 'the script threw ""', undefined, undefined],
    ['throw null', 'the script threw null', undefined, undefined],
    ['throw { status: 404 }', 'the script threw {"status":404}', undefined, undefined],
    ['throw { message: "plain" }', 'plain', undefined, undefined],
    ['throw new TypeError', 'TypeError', 1, 7],
  ])('%s', async (script, message, line, column) => {
    const error = await refusal(sandbox.run(scriptRun(script, { value: {} })));
    expect(error).toBeInstanceOf(ScriptError);
    expect(error).toMatchObject({ code: 'script-failed' });
    if (typeof message === 'string') expect((error as Error).message).toBe(message);
    else expect((error as Error).message).toMatch(message);
    expect([(error as ScriptError).line, (error as ScriptError).column]).toEqual([line, column]);
  });

  test('and is at most 500 characters long', async () => {
    const error = await refusal(sandbox.run(scriptRun('throw new Error("x".repeat(10000))')));
    expect((error as Error).message).toBe('x'.repeat(500));
  });
});

test('lines of console come back, bounded in number and length', async () => {
  const run = sandbox.run(scriptRun('console.log("a", { b: 1 }, 2n); console.warn(undefined); $', { value: 1 }));
  expect((await run).logs).toEqual(['a {"b":1} 2', 'undefined']);
  const many = sandbox.run(scriptRun('for (let i = 0; i < 1000; i++) console.log("x".repeat(5000))'));
  const { logs } = await many;
  expect(logs).toHaveLength(100);
  expect(new Set(logs)).toEqual(new Set(['x'.repeat(1_000)]));
});

test('sizes have limits, in UTF-8 bytes', async () => {
  const code = async (script: string, value: unknown) =>
    ((await refusal(sandbox.run(scriptRun(script, { value })))) as ScriptError).code;
  expect(await valueOf(sandbox, '$.length', { value: 'x'.repeat(99_998) })).toBe(99_998);
  expect(await code('1', 'x'.repeat(99_999))).toBe('script-input-too-large');
  expect(await code('1', '€'.repeat(40_000))).toBe('script-input-too-large');
  expect(await code(`"${'x'.repeat(100_000)}"`, 1)).toBe('script-input-too-large');
  expect(await valueOf(sandbox, '"x".repeat(998)')).toHaveLength(998);
  expect(await code('"x".repeat(999)', 1)).toBe('script-output-too-large');
  expect(await code('"€".repeat(400)', 1)).toBe('script-output-too-large');
});

test('a script that changes built-ins in a roundabout way works in every run', async () => {
  const script = `const p = Array.prototype; p.last = function () { return this[this.length - 1]; }; [1, 2, 3].last()`;
  for (let run = 0; run < 12; run++) expect(await valueOf(sandbox, script)).toBe(3);
});

test('any JSON value passes through $ unchanged', async () => {
  const large = await createSandbox({ size: 2, spares: 0 });
  const check = async (input: string) => {
    const { output } = await large.run(scriptRun('$', { input }));
    expect(output).toBe(JSON.stringify(JSON.parse(input)));
  };
  await fc.assert(fc.asyncProperty(fc.json({ maxDepth: 5 }), check), { numRuns: 300 * rounds });
  const tricky = ['-0', '[-0]', '{"__proto__":{"a":1}}', '{"constructor":1,"toString":2,"then":3,"toJSON":4}'];
  for (const input of [...tricky, '"\\ud800"', '"\\u2028"', '1e400', '{"length":1,"0":2}']) await check(input);
  await large.close();
});

describe('check', () => {
  test('accepts what compiles, and runs nothing of it', async () => {
    await sandbox.check('for (;;);');
    await sandbox.check('missing.name');
  });

  test('says where a script does not compile', async () => {
    const error = await refusal(sandbox.check('const a = 1;\nconst a = 2;'));
    expect(error).toMatchObject({ code: 'script-failed', line: 2, column: 7 });
    expect((error as Error).message).toBe("SyntaxError: Identifier 'a' has already been declared");
  });
});
