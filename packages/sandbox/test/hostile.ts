import type { ScriptErrorCode } from '../src/index.ts';

/** A script that means harm or has gone wrong, and what must come of it. */
export interface HostileScript {
  name: string;
  script: string;
  /** JSON text of `$`. */
  input?: string;
  /** The error codes that are right (more than one where timing decides), or the harmless value it has. */
  ends: ScriptErrorCode[] | { value: unknown };
}

const timeout: ScriptErrorCode[] = ['script-timeout'];
const failed: ScriptErrorCode[] = ['script-failed'];
/** Which limit is met first depends on how fast the machine is. */
const timeoutOrMemory: ScriptErrorCode[] = ['script-timeout', 'script-memory'];
/** Refused by V8 itself on some paths, ended by a limit on others. */
const anyLimit: ScriptErrorCode[] = ['script-failed', 'script-timeout', 'script-memory'];

const loops: HostileScript[] = [
  { name: 'endless loop', script: 'for (;;);', ends: timeout },
  { name: 'endless loop that catches everything', script: 'for (;;) { try { for (;;); } catch {} }', ends: timeout },
  { name: 'endless loop in finally', script: 'try { throw 1 } finally { for (;;); }', ends: timeout },
  { name: 'endless generator', script: '[...(function* () { for (;;); })()]', ends: timeout },
  { name: 'regular expression that backtracks', script: "/^(a+)+$/.test('a'.repeat(40) + '!')", ends: timeout },
  { name: 'endless microtasks', script: 'const next = () => Promise.resolve().then(next); next(); 1', ends: timeout },
  { name: 'endless await', script: '(async () => { for (;;) await null; })()', ends: timeout },
  { name: 'promise that never settles', script: 'new Promise(() => {})', ends: timeout },
  { name: 'thenable that never settles', script: '({ then() {} })', ends: timeout },
  { name: 'thenable that resolves to itself', script: 'const t = { then(r) { r(t); } }; t', ends: timeout },
  { name: 'thenable that loops', script: '({ then() { for (;;); } })', ends: timeout },
  { name: 'sort with an endless comparison', script: '[3, 2, 1].sort(() => { for (;;); })', ends: timeout },
  {
    name: 'built-in loop over a huge length',
    script: 'Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)',
    ends: timeout,
  },
  { name: 'JSON reviver that loops', script: "JSON.parse('[1]', () => { for (;;); })", ends: timeout },
];

const bombs: HostileScript[] = [
  { name: 'array fill', script: 'new Array(2 ** 28).fill(1)', ends: timeoutOrMemory },
  { name: 'array of arrays', script: 'const a = []; for (;;) a.push(new Array(1000).fill(1));', ends: timeoutOrMemory },
  { name: 'many small objects', script: 'const a = []; for (let i = 0; ; i++) a.push({ i });', ends: timeoutOrMemory },
  { name: 'string that doubles', script: "let s = 'x'; for (;;) s += s;", ends: failed },
  {
    name: 'strings kept and flattened',
    script: "const a = []; for (let i = 0; ; i++) a.push(('x' + i).repeat(1e6).split('1'));",
    ends: timeoutOrMemory,
  },
  { name: 'replace in a long string', script: "'a'.repeat(2 ** 28).replace(/a/g, 'bb')", ends: anyLimit },
  { name: 'huge JSON.parse', script: "JSON.parse('[' + '[],'.repeat(2 ** 24) + '[]]').length", ends: timeoutOrMemory },
  { name: 'BigInt power', script: '2n ** (2n ** 30n)', ends: anyLimit },
  { name: 'BigInt squares', script: 'let b = 3n; for (;;) b *= b;', ends: anyLimit },
  { name: 'BigInt to text', script: '(7n ** 3000000n).toString().length', ends: timeoutOrMemory },
  { name: 'array buffers', script: 'const a = []; for (;;) a.push(new Uint8Array(2 ** 24).fill(1));', ends: anyLimit },
  { name: 'one huge array buffer', script: 'new ArrayBuffer(2 ** 36)', ends: anyLimit },
  {
    name: 'resizable array buffer',
    script:
      'const b = new ArrayBuffer(0, { maxByteLength: 2 ** 30 }); b.resize(2 ** 30); new Uint8Array(b).fill(1).length',
    ends: anyLimit,
  },
  {
    name: 'map that grows',
    script: 'const m = new Map(); for (let i = 0; ; i++) m.set(i, [i]);',
    ends: timeoutOrMemory,
  },
  { name: 'sparse array joined', script: 'new Array(2 ** 32 - 1).join("ab")', ends: anyLimit },
  { name: 'typed array from a huge length', script: 'Uint8Array.from({ length: 2 ** 31 })', ends: anyLimit },
  {
    name: 'closures in a chain',
    script: 'let f = () => 1; for (;;) { const g = f; f = () => g; }',
    ends: timeoutOrMemory,
  },
  { name: 'source text that grows', script: "eval('[' + '1,'.repeat(2 ** 24) + ']').length", ends: anyLimit },
  { name: 'error with a huge message', script: "throw new Error('x'.repeat(2 ** 28))", ends: anyLimit },
  {
    name: 'rejection with a huge message',
    script: "Promise.reject(new Error('x'.repeat(2 ** 28))); 1",
    ends: anyLimit,
  },
  { name: 'endless log', script: "for (;;) console.log('x'.repeat(1e6))", ends: timeout },
  { name: 'result that is too large', script: "'x'.repeat(5 * 2 ** 20)", ends: ['script-output-too-large'] },
  {
    name: 'result that is too large in UTF-8 only',
    script: "'\\u20ac'.repeat(2 * 2 ** 20)",
    ends: ['script-output-too-large'],
  },
];

const recursion: HostileScript[] = [
  { name: 'deep recursion', script: 'const f = () => f() + 1; f()', ends: failed },
  {
    name: 'recursion that catches its own overflow',
    script: 'const f = () => { try { f(); } catch { f(); } }; f()',
    ends: anyLimit,
  },
  { name: 'result nested too deep', script: 'let r = {}; for (let i = 0; i < 1e5; i++) r = { r }; r', ends: failed },
  { name: 'circular result', script: 'const o = {}; o.o = o; o', ends: failed },
  { name: 'source nested too deep', script: "eval('('.repeat(1e5) + ')'.repeat(1e5))", ends: failed },
  { name: 'regular expression nested too deep', script: "new RegExp('('.repeat(1e6) + ')'.repeat(1e6))", ends: failed },
];

const results: HostileScript[] = [
  { name: 'getter on the result that loops', script: '({ get a() { for (;;); } })', ends: timeout },
  { name: 'getter on the result that throws', script: "({ get a() { throw new TypeError('no'); } })", ends: failed },
  { name: 'toJSON that loops', script: '({ toJSON() { for (;;); } })', ends: timeout },
  { name: 'proxy with endless keys', script: 'new Proxy({}, { ownKeys() { for (;;); } })', ends: timeout },
  {
    name: 'array-like proxy of endless length',
    script: 'new Proxy([], { get: (t, k) => (k === "length" ? 2 ** 53 : 1) })',
    ends: anyLimit,
  },
  { name: 'revoked proxy', script: 'const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); proxy', ends: failed },
  {
    name: 'proxy that makes a proxy of all',
    script:
      'const p = () => new Proxy({}, { get: p, ownKeys: () => ["a"], getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }) }); p()',
    ends: anyLimit,
  },
  { name: 'BigInt result', script: '10n', ends: failed },
  { name: 'function result', script: '() => 1', ends: failed },
  { name: 'symbol result', script: 'Symbol.iterator', ends: failed },
];

const throwing: HostileScript[] = [
  { name: 'throw undefined', script: 'throw undefined', ends: failed },
  { name: 'throw a symbol', script: "throw Symbol('s')", ends: failed },
  {
    name: 'throw a proxy whose traps throw',
    script: 'throw new Proxy({}, { get() { throw 1; }, getPrototypeOf() { throw 2; } })',
    ends: failed,
  },
  {
    name: 'throw a revoked proxy',
    script: 'const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); throw proxy',
    ends: failed,
  },
  { name: 'throw an object whose message loops', script: 'throw { get message() { for (;;); } }', ends: timeout },
  {
    name: 'throw an error with an odd message',
    script: 'const e = new Error(); e.message = { toString() { throw 1; } }; e.name = 7; e.stack = []; throw e',
    ends: failed,
  },
  { name: 'throw an object without a prototype', script: 'throw Object.create(null)', ends: failed },
  {
    name: 'reject with a proxy that throws',
    script: 'Promise.reject(new Proxy({}, { get() { throw 1; } }))',
    ends: failed,
  },
  { name: 'rejection nobody handles', script: "Promise.reject(new Error('lost')); 1", ends: failed },
  {
    name: 'odd rejection nobody handles',
    script: 'Promise.reject(new Proxy({}, { get() { throw 1; } })); 1',
    ends: failed,
  },
  { name: 'error that claims to be a timeout', script: "throw new Error('Script execution timed out.')", ends: failed },
];

const prototypes: HostileScript[] = [
  {
    name: 'toJSON on every object',
    script: 'Object.prototype.toJSON = () => "mine"; ({ a: 1 })',
    ends: { value: 'mine' },
  },
  {
    name: 'JSON.stringify replaced',
    script: 'JSON.stringify = () => ({ evil: true }); ({ a: 1 })',
    ends: { value: { a: 1 } },
  },
  {
    name: 'string methods replaced',
    script:
      'for (const k of Object.getOwnPropertyNames(String.prototype)) try { String.prototype[k] = () => { throw 1; } } catch {} throw new Error("m".repeat(600))',
    ends: failed,
  },
  {
    name: 'Reflect.apply replaced',
    script: 'Reflect.apply = () => { for (;;); }; console.log("x".repeat(5000)); 1',
    ends: { value: 1 },
  },
  {
    name: 'setters on Object.prototype',
    script:
      "for (const k of ['value', 'message', 'stack', 'syntax', 'length', '0', '1']) Object.prototype.__defineSetter__(k, () => { for (;;); }); console.log('x'); ({ a: 1 })",
    ends: { value: { a: 1 } },
  },
  {
    name: 'Promise.prototype.then replaced',
    script: 'Promise.prototype.then = function (r) { r({ forged: 1 }); }; Promise.resolve(1)',
    ends: { value: 1 },
  },
  {
    name: 'Error.prepareStackTrace with a proxy',
    script: 'Error.prepareStackTrace = () => new Proxy({}, { get() { throw 1; } }); null.x',
    ends: failed,
  },
  {
    name: 'stack frames of the harness',
    script:
      'Error.prepareStackTrace = (e, frames) => frames.map((f) => typeof f.getFunction()); new Error().stack.slice(2)',
    ends: { value: ['undefined'] },
  },
  {
    name: 'caller of the script',
    script: '(function () { return String(arguments.callee.caller) })()',
    ends: { value: 'null' },
  },
  {
    name: 'global object frozen',
    script: 'Object.freeze(globalThis); Object.freeze(Object.prototype); 1',
    ends: { value: 1 },
  },
  { name: 'console replaced', script: 'console = new Proxy({}, { get() { throw 1; } }); 1', ends: { value: 1 } },
];

const names = [
  'process',
  'require',
  'module',
  'global',
  'Buffer',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'fetch',
  'XMLHttpRequest',
  'WebSocket',
  'WebAssembly',
  'SharedArrayBuffer',
  'FinalizationRegistry',
  'WeakRef',
  'structuredClone',
  'ivm',
];
const escapes: HostileScript[] = [
  {
    name: 'names of the host',
    script: `[${names.map((name) => `typeof ${name}`).join()}].filter((type) => type !== 'undefined')`,
    ends: { value: [] },
  },
  {
    name: 'constructor of the constructor',
    script: "this.constructor.constructor('return typeof process')()",
    ends: { value: 'undefined' },
  },
  {
    name: 'constructor of the input',
    script: "$.constructor.constructor('return process')().exit()",
    input: '{}',
    ends: failed,
  },
  {
    name: 'constructor of the log function',
    script: "console.log.constructor('return typeof require')()",
    ends: { value: 'undefined' },
  },
  {
    name: 'constructor of a host error',
    script: "try { null.x } catch (e) { e.constructor.constructor('return typeof process')() }",
    ends: { value: 'undefined' },
  },
  {
    name: 'constructor of an overflow error',
    script:
      "let t; const f = () => { try { f(); } catch (e) { t ??= e.constructor.constructor('return typeof process'); throw e; } }; try { f(); } catch {} t()",
    ends: { value: 'undefined' },
  },
  {
    name: 'constructor of the import error',
    script: "import('node:fs').catch((e) => e.constructor.constructor('return typeof process')())",
    ends: { value: 'undefined' },
  },
  { name: 'import of a module', script: "import('node:fs')", ends: failed },
  {
    name: 'Atomics that wait',
    script: '[typeof Atomics.wait, typeof Atomics.waitAsync]',
    ends: { value: ['undefined', 'undefined'] },
  },
  { name: 'debugger statement', script: 'debugger; 1', ends: { value: 1 } },
  { name: 'native syntax', script: '%DebugPrint(1)', ends: failed },
  { name: 'source that closes the wrapping', script: '}); process.exit(); ({', ends: failed },
  { name: 'unclosed comment', script: '1 /*', ends: failed },
];

/** What aims at the contexts that are used again, and at the harness that runs in them. */
const hardening: HostileScript[] = [
  {
    name: 'every built-in attacked',
    script: `const seen = new Set(); const visit = (o) => {
      if ((typeof o !== 'object' && typeof o !== 'function') || o === null || o === globalThis || seen.has(o)) return;
      seen.add(o);
      for (const k of Reflect.ownKeys(o)) {
        const d = Reflect.getOwnPropertyDescriptor(o, k);
        visit(d.value); visit(d.get); visit(d.set);
        try { o[k] = () => 'evil'; } catch {}
        try { Reflect.defineProperty(o, k, { value: 'evil' }); Reflect.deleteProperty(o, k); } catch {}
      }
      try { Error.captureStackTrace(o); } catch {}
      Reflect.set(o, 'evil', 1); Reflect.setPrototypeOf(o, null);
    }; for (const k of Reflect.ownKeys(globalThis)) if (k !== 'Reflect' && k !== 'Error') visit(globalThis[k]); 1`,
    // In a fresh context it destroys what makes its result; there it has itself to blame.
    ends: failed,
  },
  {
    name: 'a million globals',
    script: "for (let i = 0; i < 1e6; i++) globalThis['g' + i] = i; 1",
    ends: anyLimit,
  },
  { name: 'globals without end', script: "for (let i = 0; ; i++) globalThis['g' + i] = i;", ends: timeoutOrMemory },
  {
    name: 'global that cannot be deleted',
    script: "Object.defineProperty(globalThis, 'stays', { value: 1 }); 1",
    ends: { value: 1 },
  },
  { name: 'global with a hidden stack', script: 'Error.captureStackTrace(globalThis); 1', ends: { value: 1 } },
  {
    name: 'prototype of the global a proxy',
    script: 'Object.setPrototypeOf(globalThis, new Proxy({}, {})); 1',
    ends: { value: 1 },
  },
  {
    name: 'prototype of the global a proxy whose traps loop',
    script: 'Object.setPrototypeOf(globalThis, new Proxy({}, { has() { for (;;); } })); typeof anything',
    ends: timeout,
  },
  {
    name: 'accessor in place of $',
    script: "Object.defineProperty(globalThis, '$', { get() { throw 1; } }); 1",
    ends: { value: 1 },
  },
  {
    name: 'accessor in place of console',
    script: "Object.defineProperty(globalThis, 'console', { get() { throw 1; } }); 1",
    ends: { value: 1 },
  },
  { name: 'eval replaced', script: 'eval = () => { throw 1; }; 1', ends: { value: 1 } },
  {
    name: 'assigning to what is inherited, deep',
    script: 'let o = {}; for (let i = 0; i < 1e4; i++) { o = Object.create(o); o.toString = i; } o.toString',
    ends: { value: 9999 },
  },
  {
    name: 'setter of a built-in, called on odd things',
    script:
      "const { set } = Object.getOwnPropertyDescriptor(Object.prototype, '__proto__'); try { set.call(Object.prototype, {}); } catch {} try { set.call(undefined, {}); } catch {} 1",
    ends: { value: 1 },
  },
  {
    name: 'microtask that outlives the result',
    script: '(async () => { for (let i = 0; i < 1e4; i++) await null; late = 1; })(); 1',
    ends: { value: 1 },
  },
  {
    name: 'microtask that loops after the result',
    script: 'Promise.resolve().then(() => { for (;;); }); 1',
    ends: timeout,
  },
  {
    name: 'rejection after the result',
    script: 'Promise.resolve().then(() => { throw new Error("after"); }); 1',
    ends: failed,
  },
  {
    name: 'rejection handled late',
    script: 'const p = Promise.reject(1); Promise.resolve().then(() => p.catch(() => {})); 1',
    ends: { value: 1 },
  },
  {
    name: 'stack that is a getter that loops',
    script: 'throw Object.defineProperty({ message: "m" }, "stack", { get() { for (;;); } })',
    ends: timeout,
  },
  {
    name: 'error whose class looks like a syntax error',
    script: 'const e = Object.create(SyntaxError.prototype); e.message = "forged"; throw e',
    ends: failed,
  },
  {
    name: 'error with forged lines',
    script: 'const e = new Error("m"); e.stack = "at script:999999999999:1"; throw e',
    ends: failed,
  },
  {
    name: 'async function that throws on the way out',
    script: '(async () => { try { return 1; } finally { throw new Error("out"); } })()',
    ends: failed,
  },
];

const moreLoops: HostileScript[] = [
  { name: 'loop in a getter of a spread', script: '({ ...{ get a() { for (;;); } } })', ends: timeout },
  { name: 'loop in a class static block', script: 'class C { static { for (;;); } }', ends: timeout },
  { name: 'loop in a default parameter', script: '((a = (() => { for (;;); })()) => a)()', ends: timeout },
  { name: 'loop in toString of a key', script: '({})[{ toString() { for (;;); } }]', ends: timeout },
  { name: 'loop in a tagged template', script: '(() => { for (;;); })`x`', ends: timeout },
  { name: 'loop in a replacer', script: 'JSON.stringify([1], () => { for (;;); })', ends: timeout },
  {
    name: 'loop in Symbol.species',
    script: 'class A extends Array { static get [Symbol.species]() { for (;;); } } new A(1).map((n) => n)',
    ends: timeout,
  },
  {
    name: 'loop in Symbol.hasInstance',
    script: '1 instanceof { [Symbol.hasInstance]() { for (;;); } }',
    ends: timeout,
  },
  {
    name: 'loop in an async generator',
    script: '(async () => { for await (const n of (async function* () { for (;;) yield 1; })()); })()',
    ends: timeout,
  },
  {
    name: 'two thenables that wait for each other',
    script: 'const a = { then(r) { r(b); } }; const b = { then(r) { r(a); } }; a',
    ends: timeout,
  },
  { name: 'loop in eval', script: 'eval("for (;;);")', ends: timeout },
  { name: 'loop in the Function constructor', script: 'Function("for (;;);")()', ends: timeout },
  { name: 'regular expression with nested groups', script: "/(x+x+)+y/.test('x'.repeat(60))", ends: timeout },
  { name: 'recursion through toJSON', script: 'const o = { toJSON() { return { o }; } }; o', ends: anyLimit },
  {
    name: 'recursion through a proxy',
    script: 'const p = new Proxy({}, { get: (t, k, r) => r[k] }); p.x',
    ends: failed,
  },
];

export const hostileScripts: HostileScript[] = [
  ...loops,
  ...moreLoops,
  ...hardening,
  ...bombs,
  ...recursion,
  ...results,
  ...throwing,
  ...prototypes,
  ...escapes,
];
