import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSandbox, type Sandbox } from '../src/index.ts';
import { channels } from './channels.ts';
import { valueOf } from './support.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  // One child, so that both runs happen in it, in the same isolate where they have the same owner.
  sandbox = await createSandbox({ size: 1, spares: 0 });
});
afterAll(() => sandbox.close());

/** What one run does, and what the next would see of it. */
const leaks: [name: string, first: string, second: string, clean: unknown][] = [
  [
    'globals',
    'leak = 1; globalThis.other = 2; var declared = 3;',
    '[typeof leak, typeof other, typeof declared]',
    ['undefined', 'undefined', 'undefined'],
  ],
  [
    'lexical declarations',
    'let a = 1; const b = 2; class C {}',
    'const b = 5; [typeof a, b, typeof C]',
    ['undefined', 5, 'undefined'],
  ],
  ['the input', '$.secret = 1', '$', null],
  ['members of Object.prototype', 'Object.prototype.leak = 1', '({}).leak === undefined', true],
  ['members of Array.prototype', 'Array.prototype.map = () => "leak"', '[1].map((n) => n)', [1]],
  [
    'toJSON',
    'Object.prototype.toJSON = () => "leak"; String.prototype.toJSON = () => "leak"',
    '({ a: "b" })',
    { a: 'b' },
  ],
  [
    'replaced JSON',
    'JSON.stringify = () => "leak"; JSON.parse = () => "leak"',
    '[JSON.stringify(1), JSON.parse("2")]',
    ['1', 2],
  ],
  [
    'replaced console',
    'console.log = () => { throw 1 }; console.secret = 1',
    '[typeof console.log, console.secret]',
    ['function', null],
  ],
  ['legacy statics of RegExp', '/(s.*t)/.exec("secret")', '[RegExp.$1, RegExp.lastMatch, RegExp.input]', ['', '', '']],
  [
    'lastIndex of a literal',
    'const r = () => /a/g; r().test("a"); RegExp.prototype.leak = 1',
    '[/a/g.lastIndex, /a/.leak]',
    [0, null],
  ],
  [
    'template objects',
    'const t = (s) => s; const f = () => t`x`; globalThis.o = f()',
    'const t = (s) => s; const f = () => t`x`; typeof o',
    'undefined',
  ],
  [
    'replaced Math.random and Date',
    'Math.random = () => "leak"; Date.now = () => "leak"',
    '[typeof Math.random(), typeof Date.now()]',
    ['number', 'number'],
  ],
  [
    'settings of Error',
    'Error.stackTraceLimit = 0; Error.prepareStackTrace = () => "leak"',
    'new Error("x").stack.includes("script:1")',
    true,
  ],
  [
    'frozen intrinsics',
    'Object.freeze(Array.prototype); Object.freeze(globalThis)',
    'Array.prototype.x = 1; y = 2; [[].x, y]',
    [1, 2],
  ],
  ['deleted globals', 'delete globalThis.Map; delete globalThis.undefined', 'typeof Map', 'function'],
  [
    'registered symbols',
    'Symbol.for("x").description; Symbol.prototype.leak = 1',
    '[Symbol.for("x").leak, Symbol.for("x").description]',
    [null, 'x'],
  ],
  [
    'pending promises',
    'globalThis.p = new Promise((r) => { globalThis.r = r }); p.then(() => { for (;;); }); 1',
    'typeof r',
    'undefined',
  ],
  [
    'locale-sensitive prototypes',
    'Intl.NumberFormat.prototype.format = () => "leak"; Number.prototype.toLocaleString = () => "leak"',
    '(1).toLocaleString("en")',
    '1',
  ],
  [
    'generator and async prototypes',
    '(function* () {}).constructor.prototype.leak = 1; (async () => {}).constructor.prototype.leak = 1; Object.getPrototypeOf(async () => {}).leak = 1',
    '[(function* () {}).leak, (async () => {}).leak]',
    [null, null],
  ],
];

const cases = leaks.flatMap(([name, ...rest]) => ['orders', 'billing'].map((owner) => ({ name, owner, rest })));
test.each(cases)('$name do not cross from one run to the next of $owner', async ({ owner, rest }) => {
  const [first, second, clean] = rest;
  await valueOf(sandbox, `${first};\n1`, { value: {} });
  const pid = sandbox.stats().children[0]?.pid;
  expect(await valueOf(sandbox, second, { owner })).toEqual(clean);
  expect(
    sandbox.stats().children.map((child) => child.pid),
    'both ran in the same process',
  ).toEqual([pid]);
});

/** Channels whose scripts run in a hardened context after a while, since nothing in them looks like changing built-ins. */
const cleaned = channels.filter(({ closed }) => closed === 'cleaned' || closed === 'thrown away' || closed === 'anew');
test.each(cleaned)('a script that does it in each of its runs never sees it: $name', async ({ plant, look }) => {
  const script = `const seen = JSON.stringify((0, eval)(${JSON.stringify(look)}) ?? null);
    try { (0, eval)(${JSON.stringify(plant)}); } catch {}
    seen`;
  const given = { revision: plant, value: {} };
  const first = await valueOf(sandbox, script, given);
  for (let run = 0; run < 8; run++) expect(await valueOf(sandbox, script, given)).toBe(first);
});

test('a child holds the isolate of one owner', async () => {
  for (const owner of ['orders', 'billing']) {
    await valueOf(sandbox, '1', { owner });
    expect(sandbox.stats().children.map((child) => child.owner)).toEqual([owner]);
  }
});
