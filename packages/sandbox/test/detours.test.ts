import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
// @ts-expect-error plain JavaScript, see src/child/frames.mjs
import { changesBuiltins } from '../src/child/builtins.mjs';
// @ts-expect-error plain JavaScript, see src/child/frames.mjs
import { Contexts } from '../src/child/contexts.mjs';
// @ts-expect-error plain JavaScript, see src/child/frames.mjs
import { readOutcome } from '../src/child/outcome.mjs';
import { createSandbox, type Sandbox } from '../src/index.ts';
import { toLimits } from '../src/limits.ts';
import { channels } from './channels.ts';
import { order, ordinaryScripts } from './ordinary.ts';
import { valueOf } from './support.ts';

interface Watched {
  take(owner: string, revision: string, script: string): { run(script: string, input: string, ms: number): unknown };
  canWatch(timeLeftMs: number): boolean;
  watch(timeLeftMs: number): boolean;
  prepare(): void;
  dispose(): void;
}
const options = toLimits({ memoryLimitMb: 256 }, true).child;
let contexts: Watched;
beforeEach(() => {
  contexts = new Contexts(options);
  contexts.prepare();
});
afterEach(() => contexts.dispose());

/** Runs a script as a child does; the outcome, and whether the run was watched. */
function run(script: string, value: unknown = null): { text: string; watched: boolean } {
  const context = contexts.take('orders', script, script);
  const { text } = readOutcome(context.run(script, JSON.stringify(value), 5_000), 1_000_000);
  const watched = contexts.canWatch(5_000);
  if (watched) contexts.watch(5_000);
  contexts.prepare();
  return { text, watched };
}
const times = <Value>(count: number, act: (time: number) => Value) =>
  Array.from({ length: count }, (_, index) => act(index + 1));

/** Scripts that change built-ins in a way their text does not show, and do not fail where those are frozen. */
const detours: [name: string, script: string, value: unknown][] = [
  ['a member of a prototype', 'const p = Array.prototype; p.x = 1; [].x', 1],
  ['a member of a constructor', 'const o = Object; o.x = 1; Object.x', 1],
  ['a member of a namespace', 'const m = Math; m.half = (n) => n / 2; Math.half(4)', 2],
  ['an alias of an alias', 'const { Array: A } = globalThis; const { prototype: p } = A; p.x = 1; [].x', 1],
  [
    'defineProperty',
    'const p = Array.prototype; try { Object.defineProperty(p, "x", { value: 1 }); } catch {} [].x ?? 0',
    1,
  ],
  ['Reflect.defineProperty', 'const p = Map.prototype; Reflect.defineProperty(p, "x", { value: 1 }); new Map().x', 1],
  ['Object.assign', 'const p = Set.prototype; try { Object.assign(p, { x: 1 }); } catch {} new Set().x ?? 0', 1],
  ['Reflect.set', 'const p = String.prototype; Reflect.set(p, "x", 1); "".x', 1],
  [
    'a flag',
    'const p = Array.prototype; Reflect.defineProperty(p, "at", { enumerable: true }); const k = []; for (const n in []) k.push(n); k',
    ['at'],
  ],
  ['__proto__', '[].__proto__.x = 1; [].x', 1],
  ['a chain of __proto__', '[].values().__proto__.__proto__.x = 1; new Map().keys().x', 1],
  ['getPrototypeOf', 'Object.getPrototypeOf(async () => {}).x = 1; (async () => {}).x', 1],
  ['the constructor of a literal', '"".constructor.x = 1; String.x', 1],
  [
    'a prototype’s prototype',
    'const p = Map.prototype; Reflect.setPrototypeOf(p, Array.prototype); typeof new Map().push',
    'function',
  ],
  ['a method replaced in place', 'const m = Math; m.max = () => 7; Math.max(1)', 7],
  ['a method replaced by another built-in', 'const m = Math; m.max = Math.min; Math.max(1, 2)', 1],
  ['a method replaced by a proxy', 'const m = Math; m.max = new Proxy(Math.max, { apply: () => 7 }); Math.max(1)', 7],
  ['a method taken away', 'const m = Math; Reflect.deleteProperty(m, "max"); typeof Math.max', 'undefined'],
  ['an accessor', 'const p = RegExp.prototype; Reflect.defineProperty(p, "x", { get: () => 1 }); /a/.x', 1],
  [
    'a well-known symbol',
    'const p = Number.prototype; p[Symbol.iterator] = function* () { yield 1; }; try { [...5] } catch { 0 }',
    [1],
  ],
  ['a symbol of its own', 'const p = Date.prototype; const s = Symbol("x"); p[s] = 1; new Date()[s]', 1],
  ['no more extensions', 'const j = JSON; const was = Object.isFrozen(j); Object.freeze(j); was', false],
];

describe('a script that changes built-ins by a detour finds what it put there in every run', () => {
  test.each(detours)('%s', (_, script, value) => {
    expect(changesBuiltins(script), 'its text does not show it').toBe(false);
    expect(times(10, () => JSON.parse(run(script).text))).toEqual(times(10, () => value));
  });

  test('also if it throws after that', () => {
    const script = 'const m = Math; m.x = 1; throw `x is ${Math.x}`';
    expect(times(10, () => run(script).text)).toEqual(times(10, () => 'x is 1'));
  });

  test('also if it does so in the last of its first runs alone', () => {
    const script = 'const m = Math; if ($ >= 5) m.x = 1; Math.x ?? 0';
    const values = times(10, (time) => Number(run(script, time).text));
    expect(values).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 1, 1]);
  });
});

// Some hundred contexts: half a minute on a busy machine.
test('ordinary scripts, and those that leave what can be cleaned, are not taken for such', { timeout: 240_000 }, () => {
  const cleaned = channels.filter(({ closed }) => closed === 'cleaned').map(({ plant }) => plant);
  for (const script of [...Object.values(ordinaryScripts).flat(), ...cleaned]) {
    if (changesBuiltins(script)) continue;
    // The second is watched only if the first changed nothing.
    expect(
      times(2, () => run(script, order).watched),
      script,
    ).toEqual([true, true]);
  }
});

describe('in a child', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await createSandbox({ size: 1, spares: 0 });
  });
  afterAll(() => sandbox.close());

  test('such a script finds what it put there, also when another owner’s scripts have run meanwhile', async () => {
    for (let time = 1; time <= 30; time++) {
      expect(await valueOf(sandbox, 'const m = Math; m.x = 1; Math.x')).toBe(1);
      if (time % 10 === 0) expect(await valueOf(sandbox, '2', { owner: 'billing' })).toBe(2);
    }
  });

  test('a built-in that hangs whoever looks at it costs the process, not the next script', async () => {
    const hang = 'Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)';
    const script = `const p = Map.prototype; p.get = () => { ${hang} }; 1`;
    expect(await valueOf(sandbox, script, { revision: 'hanging', deadlineMs: 2_000 })).toBe(1);
    expect(await valueOf(sandbox, '2', { owner: 'billing' })).toBe(2);
    expect(sandbox.stats().kills).toBe(1);
  });
});
