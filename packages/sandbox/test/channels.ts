/** A way in which a run might be seen by the next one in the same context. */
export interface Channel {
  name: string;
  /** What the first run does. */
  plant: string;
  /** How the next one looks for it. */
  look: string;
  /**
   * What keeps it closed. `frozen`, `cleaned`: the context goes on. `thrown away`: it does not. `absent`: what it needs
   * is not there. `anew`: each run gets its own. `language`: not even a context without any protection shows it; it is here lest that should change.
   */
  closed: 'frozen' | 'cleaned' | 'thrown away' | 'absent' | 'anew' | 'language';
}

const list = (closed: Channel['closed'], channels: [name: string, plant: string, look: string][]): Channel[] =>
  channels.map(([name, plant, look]) => ({ name, plant, look, closed }));

const stackOf = 'Object.getOwnPropertyDescriptor(new Error(""), "stack")';

export const channels: Channel[] = [
  ...list('cleaned', [
    ['deleted console', 'delete globalThis.console', 'Reflect.ownKeys(globalThis).slice(-2)'],
    ['undeclared assignment', 'leak = 1', 'typeof leak'],
    ['member of globalThis', 'globalThis.leak = 1', 'typeof leak'],
    ['member of this', 'this.leak = 1', 'typeof leak'],
    ['var', 'var leak = 1', 'typeof leak'],
    ['function', 'function leak() {}', 'typeof leak'],
    ['function in a block', '{ function leak() {} }', 'typeof leak'],
    ['var in an indirect eval', '(0, eval)("var leak = 1")', 'typeof leak'],
    ['global of the Function constructor', 'Function("leak = 1")()', 'typeof leak'],
    ['global made late, in a microtask', 'Promise.resolve().then(() => { leak = 1; }); 1', 'typeof leak'],
    ['global made while the result is read', '({ toJSON() { leak = 1; return 1; } })', 'typeof leak'],
    ['global made by a then that is looked up', '({ get then() { leak = 1; } })', 'typeof leak'],
    ['global made after the result', '(async () => { Promise.resolve().then(() => { leak = 1; }); })()', 'typeof leak'],
    ['global before an error', 'leak = 1; throw 1', 'typeof leak'],
    [
      'accessor on the global',
      'Object.defineProperty(globalThis, "leak", { get: () => 1, configurable: true })',
      'typeof leak',
    ],
    ['symbol on the global', 'globalThis[Symbol.for("leak")] = 1', 'globalThis[Symbol.for("leak")]'],
    ['well-known symbol on the global', 'globalThis[Symbol.toStringTag] = "leak"', 'String(globalThis)'],
    ['index of the global', 'globalThis[7] = 1', 'globalThis[7]'],
    ['many globals', 'for (let i = 0; i < 5000; i++) globalThis["leak" + i] = i', 'Reflect.ownKeys(globalThis).length'],
    [
      'unscopables of the global',
      'globalThis[Symbol.unscopables] = { Map: true }',
      '(function () { const Map = 1; with (globalThis) return typeof Map; })()',
    ],
    ['generator that is suspended', 'leak = (function* () { yield 1; yield 2; })(); leak.next()', 'typeof leak'],
    ['promise that a later run could settle', 'new Promise((r) => { leak = r; }); 1', 'typeof leak'],
    ['hoisted name', 'leak(); function leak() { leak.own = 1; }', 'typeof leak'],
  ]),
  ...list('frozen', [
    ['member of Object.prototype', 'Object.prototype.leak = 1', '({}).leak'],
    ['member of Array.prototype', 'Array.prototype.leak = 1', '[].leak'],
    ['index of Array.prototype', 'Array.prototype[3] = "leak"', '[1, 2, 3, , 5][3]'],
    ['length of Array.prototype', 'Array.prototype.length = 7', 'Array.prototype.length'],
    ['element pushed onto Array.prototype', 'Array.prototype.push("leak")', 'Array.prototype.length'],
    ['index of Object.prototype', 'Object.prototype[1] = "leak"', '[0, , 2][1]'],
    ['replaced method', 'Array.prototype.map = () => "leak"', '[1].map((n) => n)'],
    ['replaced toString', 'Object.prototype.toString = () => "leak"', 'String({})'],
    ['toJSON', 'Object.prototype.toJSON = () => "leak"', '({ a: 1 })'],
    ['then on every object', 'Object.prototype.then = (r) => r("leak")', '(async () => ({ a: 1 }))()'],
    [
      'setter on every object',
      'Object.prototype.__defineSetter__("leak", () => { throw 1; })',
      'const o = {}; o.leak = 1; o.leak',
    ],
    ['getter on every object', 'Object.prototype.__defineGetter__("leak", () => 1)', '({}).leak'],
    ['deleted method', 'delete Array.prototype.map', 'typeof [].map'],
    ['replaced JSON.stringify', 'JSON.stringify = () => "leak"', 'JSON.stringify(1)'],
    ['member of JSON', 'JSON.leak = 1', 'typeof JSON.leak'],
    ['replaced Math.random', 'Math.random = () => "leak"', 'typeof Math.random()'],
    ['member of Math.random', 'Math.random.leak = 1', 'typeof Math.random.leak'],
    ['replaced Date.now', 'Date.now = () => "leak"', 'typeof Date.now()'],
    ['member of Intl', 'Intl.leak = 1', 'typeof Intl.leak'],
    [
      'replaced Intl method',
      'Intl.NumberFormat.prototype.format = 1; Intl.NumberFormat.prototype.formatToParts = () => "leak"',
      'typeof new Intl.NumberFormat().formatToParts(1)',
    ],
    ['replaced toLocaleString', 'Number.prototype.toLocaleString = () => "leak"', '(1).toLocaleString("en")'],
    ['replaced Symbol.iterator', 'Array.prototype[Symbol.iterator] = function* () { yield "leak"; }', '[...[1]]'],
    [
      'replaced next of array iterators',
      'Object.getPrototypeOf([].values()).next = () => ({ done: true })',
      '[...[1]]',
    ],
    ['member of Iterator.prototype', 'Iterator.prototype.leak = 1', 'typeof [].values().leak'],
    [
      'iterator helpers',
      'Object.getPrototypeOf([].values().map(Number)).leak = 1',
      'typeof [].values().map(Number).leak',
    ],
    [
      'wrapped iterators',
      'Object.getPrototypeOf(Iterator.from({ next() {} })).leak = 1',
      'typeof Iterator.from({ next() {} }).leak',
    ],
    ['iterators of matches', 'Object.getPrototypeOf("".matchAll(/x/g)).leak = 1', 'typeof "".matchAll(/x/g).leak'],
    [
      'segments',
      'Object.getPrototypeOf(new Intl.Segmenter().segment("")).leak = 1',
      'typeof new Intl.Segmenter().segment("").leak',
    ],
    ['generator functions', 'Object.getPrototypeOf(function* () {}).leak = 1', 'typeof (function* () {}).leak'],
    ['generators', 'Object.getPrototypeOf(function* () {}).prototype.leak = 1', 'typeof (function* () {})().leak'],
    ['async functions', 'Object.getPrototypeOf(async () => {}).leak = 1', 'typeof (async () => {}).leak'],
    [
      'async generators',
      'Object.getPrototypeOf(async function* () {}).prototype.leak = 1',
      'typeof (async function* () {})().leak',
    ],
    [
      'constructor of async functions',
      '(async () => {}).constructor.leak = 1',
      'typeof (async () => {}).constructor.leak',
    ],
    ['member of a method', 'Array.prototype.map.leak = 1', 'typeof [].map.leak'],
    ['member of a method of a primitive', '"".trim.leak = 1', 'typeof "".trim.leak'],
    [
      'member of a getter',
      'Object.getOwnPropertyDescriptor(Map.prototype, "size").get.leak = 1',
      'typeof Object.getOwnPropertyDescriptor(Map.prototype, "size").get.leak',
    ],
    [
      'member of an accessor that was made by hardening',
      'const { get, value } = Object.getOwnPropertyDescriptor(Object.prototype, "toString"); (get ?? value).leak = 1',
      'const { get, value } = Object.getOwnPropertyDescriptor(Object.prototype, "toString"); typeof (get ?? value).leak',
    ],
    ['name of a method', 'Object.defineProperty([].map, "name", { value: "leak" })', '[].map.name'],
    [
      'unscopables of arrays',
      'Array.prototype[Symbol.unscopables].leak = 1',
      'Array.prototype[Symbol.unscopables].leak',
    ],
    [
      'replaced species',
      'Object.defineProperty(Array, Symbol.species, { value: function () { return { leak: 1 }; } })',
      '[1].map((n) => n)',
    ],
    ['prototype of a prototype', 'Object.setPrototypeOf(Array.prototype, { leak: 1 })', 'typeof [].leak'],
    ['prototype of a constructor', 'Object.setPrototypeOf(Map, { leak: 1 })', 'typeof Map.leak'],
    [
      'prototype of the global’s prototype',
      'Object.setPrototypeOf(Object.getPrototypeOf(globalThis), { leak: 1 })',
      'typeof leak',
    ],
    ['member of the global’s prototype', 'Object.getPrototypeOf(globalThis).leak = 1', 'typeof leak'],
    ['frozen prototypes of a run', 'Object.freeze(Array.prototype)', 'const a = []; a.map = 1; a.map'],
    ['stackTraceLimit', 'Error.stackTraceLimit = 0', 'new Error("x").stack.includes("script:1")'],
    ['prepareStackTrace', 'Error.prepareStackTrace = () => "leak"', 'new Error("x").stack.includes("leak")'],
    ['name of all errors', 'Error.prototype.name = "leak"', 'String(new Error("x"))'],
    ['function that makes error stacks', `${stackOf}.get.leak = 1`, `typeof ${stackOf}.get.leak`],
    ['member of a function of URI', 'encodeURI.leak = 1', 'typeof encodeURI.leak'],
    ['member of eval', 'eval.leak = 1', 'typeof eval.leak'],
    ['member of Symbol.iterator’s wrapper', 'Symbol.prototype.leak = 1', 'typeof Symbol.iterator.leak'],
    ['member of typed arrays', 'Object.getPrototypeOf(Uint8Array).prototype.leak = 1', 'typeof new Int8Array(1).leak'],
    ['member of BigInt', 'BigInt.prototype.leak = 1', 'typeof 1n.leak'],
    ['member of Proxy and Reflect', 'Proxy.leak = Reflect.leak = 1', '[typeof Proxy.leak, typeof Reflect.leak]'],
    [
      'member of Promise',
      'Promise.prototype.then = () => { throw 1; }; Promise.leak = 1',
      '(async () => typeof Promise.leak)()',
    ],
    ['replaced resolve of Promise', 'Promise.resolve = () => "leak"', 'typeof Promise.resolve(1).then'],
    ['member of Atomics', 'Atomics.leak = 1', 'typeof Atomics.leak'],
  ]),
  ...list('thrown away', [
    ['built-in replaced', 'Map = "leak"', 'typeof Map'],
    ['built-in declared', 'function escape() { return "leak" }', 'escape("x")'],
    ['built-in deleted', 'delete globalThis.Map', 'typeof Map'],
    [
      'built-in deleted and made again',
      'const M = Map; delete globalThis.Map; Object.defineProperty(globalThis, "Map", { value: M, writable: true, configurable: true })',
      'Reflect.ownKeys(globalThis)',
    ],
    [
      'built-in made enumerable',
      'Object.defineProperty(globalThis, "Map", { enumerable: true })',
      'Object.keys(globalThis)',
    ],
    ['built-in made read-only', 'Object.defineProperty(globalThis, "Map", { writable: false })', 'Map = 1; typeof Map'],
    [
      'built-in behind an accessor',
      'const M = Map; Object.defineProperty(globalThis, "Map", { get: () => M })',
      'typeof Object.getOwnPropertyDescriptor(globalThis, "Map").get',
    ],
    ['global that cannot be deleted', 'Object.defineProperty(globalThis, "leak", { value: 1 })', 'typeof leak'],
    ['global object frozen', 'Object.freeze(globalThis)', 'try { own = 1; typeof own } catch { "leak" }'],
    [
      'global object sealed by Reflect',
      'Reflect.preventExtensions(globalThis)',
      'try { own = 1; typeof own } catch { "leak" }',
    ],
    ['prototype of the global', 'Object.setPrototypeOf(globalThis, { leak: 1 })', 'typeof leak'],
    ['prototype of the global through __proto__', '__proto__ = { leak: 1 }', 'typeof leak'],
    [
      'stack hidden on the global',
      'Error.captureStackTrace(globalThis); delete globalThis.stack',
      `typeof ${stackOf}.get.call(globalThis)`,
    ],
    [
      'text hidden on the global',
      `Error.captureStackTrace(globalThis); ${stackOf}.set.call(globalThis, "leak"); delete globalThis.stack`,
      `${stackOf}.get.call(globalThis)`,
    ],
    ['promise that never settles', 'leak = 1; new Promise(() => {})', 'typeof leak'],
  ]),
  ...list('anew', [
    ['the input', '$ = "leak"', '$'],
    ['member of the input', '$.leak = 1', '$'],
    [
      'input that cannot be written',
      'Object.defineProperty(globalThis, "$", { value: 1, writable: false })',
      '$ = 5; $',
    ],
    ['deleted input', 'delete globalThis.$', 'Reflect.ownKeys(globalThis).slice(-2)'],
    ['console replaced', 'console = "leak"', 'typeof console.log'],
    ['member of console', 'console.leak = 1', 'typeof console.leak'],
    ['console.log replaced', 'console.log = () => "leak"', 'typeof console.log("x")'],
    ['console frozen', 'Object.freeze(console)', 'console.own = 1; console.own'],
    ['member of console.log', 'console.log.leak = 1', 'typeof console.log.leak'],
  ]),
  ...list('absent', [
    [
      'last match of RegExp',
      '/(s.*t)/.exec("secret")',
      'String([RegExp.$1, RegExp.lastMatch, RegExp["$&"], RegExp.leftContext].includes("secret"))',
    ],
    ['input of RegExp', 'RegExp.input = "leak"', 'String(RegExp.input === "leak")'],
    [
      'last match through a subclass',
      '"secret".replace(/(s.*t)/, "")',
      'class R extends RegExp {} String(R.$1 === "secret")',
    ],
  ]),
  ...list('language', [
    ['name of a later function', 'var double = 1', 'double(2); function double(n) { return n * 2 }'],
    ['name of a later constant', 'var total = 1', 'const total = 2; total'],
    [
      'member of the thrower of arguments',
      '(function () { "use strict"; Object.getOwnPropertyDescriptor(arguments, "callee").get.leak = 1; })()',
      '(function () { "use strict"; return typeof Object.getOwnPropertyDescriptor(arguments, "callee").get.leak; })()',
    ],
    ['let, const, class', 'let leak = 1; const other = 2; class C {}', '[typeof leak, typeof other, typeof C]'],
    ['names of a strict script', '"use strict"; var leak = 1; function other() {}', '[typeof leak, typeof other]'],
    ['strictness', '"use strict"; 1', 'own = 1; own'],
    [
      'private field on a built-in',
      'class R { constructor(o) { return o; } } class P extends R { #leak = 1; static has(o) { return #leak in o; } } new P(Math); P.has(Math)',
      'class R { constructor(o) { return o; } } class P extends R { #leak = 1; static has(o) { return #leak in o; } } P.has(Math)',
    ],
    ['weak map keyed by a built-in', 'new WeakMap([[Math, "leak"]]).get(Math)', 'typeof new WeakMap().get(Math)'],
    ['registered symbols', 'Symbol.for("leak")', 'Symbol.keyFor(Symbol("leak")) ?? "none"'],
    ['lastIndex of a literal', 'const r = () => /a/g; r().test("a")', 'const r = () => /a/g; r().lastIndex'],
    [
      'cached template objects',
      'const t = (s) => s; const f = () => t`x`; try { f().leak = f().raw.leak = 1; } catch {}',
      'const t = (s) => s; const f = () => t`x`; [typeof f().leak, typeof f().raw.leak]',
    ],
    [
      'same script, same function',
      'function f() { return f.leak = (f.leak ?? 0) + 1 } f()',
      'function f() { return f.leak = (f.leak ?? 0) + 1 } f()',
    ],
    ['detached buffer', 'structured = new ArrayBuffer(8).transfer(); 1', 'new ArrayBuffer(8).detached'],
    [
      'stack on a frozen built-in',
      `try { Error.captureStackTrace(Math) } catch {} ${stackOf}.set.call(Math, "leak"); delete Math.stack`,
      `typeof Object.getOwnPropertyDescriptor(Math, "stack")`,
    ],
    ['locale', 'new Intl.DateTimeFormat("de").format(0)', 'new Intl.DateTimeFormat().resolvedOptions().locale'],
    ['counted labels', 'console.count; console.log("leak")', 'typeof console.count'],
  ]),
];
