import fc from 'fast-check';

/**
 * Generated JavaScript, mostly of what a sandbox has to mind: globals, built-ins and their prototypes, accessors,
 * proxies, promises, errors, what is large and what never ends. Most of it compiles; some does not, which is as well.
 */
const names = fc.constantFrom(
  'a',
  'b',
  'c',
  '$',
  'console',
  'leak',
  'Map',
  'escape',
  'undefined',
  'globalThis',
  'this',
);
const keys = fc.constantFrom(
  ...['a', 'leak', 'then', 'toJSON', 'toString', 'constructor', '__proto__', 'length', 'name', 'stack', 'map', 'log'],
  ...['get', 'value', 'prototype', 'message', '0', '4294967295'],
);
const builtins = fc.constantFrom(
  ...[
    'Object',
    'Array',
    'Function',
    'Error',
    'Promise',
    'Math',
    'JSON',
    'Reflect',
    'RegExp',
    'Symbol',
    'Proxy',
    'Intl',
  ],
  ...['Object.prototype', 'Array.prototype', 'Function.prototype', 'Error.prototype', 'Promise.prototype', 'Date'],
  ...[
    '[].values().__proto__',
    '(async () => {}).__proto__',
    '(function* () {}).prototype',
    'Object.getPrototypeOf(this)',
  ],
);
const literals = fc.constantFrom(
  ...[
    '0',
    '1',
    '-1',
    '2 ** 31',
    '1e3',
    'NaN',
    '1n',
    '""',
    '"x"',
    '"leak"',
    'null',
    'undefined',
    'true',
    '/a/g',
    '[]',
    '{}',
  ],
  ...['[1, , 2]', 'Symbol.iterator', 'Symbol.for("leak")', '"x".repeat(1e5)', 'new Array(1e4)', 'new Uint8Array(1e4)'],
);

const { expression, statement } = fc.letrec<{ expression: string; statement: string; block: string }>((tie) => ({
  expression: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(names, literals, builtins),
    fc.tuple(tie('expression'), keys).map(([of, key]) => `(${of})[${JSON.stringify(key)}]`),
    fc
      .tuple(tie('expression'), keys, tie('expression'))
      .map(([of, key, given]) => `(${of}).${identifier(key)}?.(${given})`),
    fc.tuple(tie('expression'), tie('expression')).map(([callee, given]) => `(${callee})(${given})`),
    fc.tuple(tie('expression'), tie('expression')).map(([callee, given]) => `new (${callee})(${given})`),
    fc
      .tuple(tie('expression'), fc.constantFrom('+', '*', '===', 'in', 'instanceof', '??', ','), tie('expression'))
      .map(([a, operator, b]) => `((${a}) ${operator} (${b}))`),
    fc.tuple(names, tie('expression')).map(([name, value]) => `(${name} = ${value})`),
    fc
      .tuple(tie('expression'), keys, tie('expression'))
      .map(([of, key, value]) => `((${of})[${JSON.stringify(key)}] = ${value})`),
    fc.tuple(keys, tie('block')).map(([key, block]) => `({ get ${JSON.stringify(key)}() ${block} })`),
    fc
      .tuple(fc.constantFrom('', 'async '), names, tie('block'))
      .map(([kind, name, block]) => `(${kind}function (${identifier(name)}) ${block})`),
    tie('block').map((block) => `(async () => ${block})()`),
    tie('expression').map((value) => `Promise.resolve(${value})`),
    fc
      .tuple(tie('expression'), tie('block'))
      .map(([of, block]) => `new Proxy(Object(${of}), { get() ${block}, has: () => true })`),
    fc
      .tuple(builtins, keys, tie('expression'))
      .map(
        ([of, key, value]) =>
          `Reflect.defineProperty(${of}, ${JSON.stringify(key)}, { value: ${value}, configurable: true })`,
      ),
    fc
      .tuple(fc.constantFrom('freeze', 'preventExtensions', 'getPrototypeOf', 'keys'), tie('expression'))
      .map(([method, of]) => `Object.${method}(${of})`),
    fc
      .tuple(builtins, tie('expression'))
      .map(([of, prototype]) => `Reflect.setPrototypeOf(${of}, Object(${prototype}))`),
    tie('expression').map((of) => `Error.captureStackTrace(Object(${of}))`),
    tie('expression').map((value) => `console.log(${value})`),
    tie('statement').map((text) => `eval(${JSON.stringify(text)})`),
    tie('expression').map((text) => `\`\${${text}}\``),
    tie('expression').map((of) => `[...${of}]`),
  ),
  statement: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('expression').map((value) => `${value};`),
    fc
      .tuple(fc.constantFrom('var', 'let', 'const'), names, tie('expression'))
      .map(([kind, name, value]) => `${kind} ${identifier(name)} = ${value};`),
    fc.tuple(names, tie('block')).map(([name, block]) => `function ${identifier(name)}() ${block}`),
    fc
      .tuple(names, tie('expression'))
      .map(([name, value]) => `class ${identifier(name)}_ extends Object { #leak = ${value}; static x = ${value}; }`),
    fc
      .tuple(tie('expression'), tie('block'), tie('block'))
      .map(([condition, yes, no]) => `if (${condition}) ${yes} else ${no}`),
    fc.tuple(tie('block'), tie('block')).map(([body, recovery]) => `try ${body} catch (e) ${recovery}`),
    fc
      .tuple(names, tie('expression'), tie('block'))
      .map(([name, of, block]) => `for (const ${identifier(name)} of ${of}) ${block}`),
    tie('block').map((block) => `for (let i = 0; i < 10; i++) ${block}`),
    tie('expression').map((value) => `throw ${value};`),
    fc.tuple(names, keys).map(([of, key]) => `delete ${of}[${JSON.stringify(key)}];`),
    fc.constantFrom(
      'for (;;);',
      'debugger;',
      '"use strict";',
      'new Promise(() => {});',
      'while (a) await 1;',
      'return 1;',
    ),
  ),
  block: fc.array(tie('statement'), { maxLength: 3 }).map((statements) => `{ ${statements.join(' ')} }`),
}));

/** A name that may be declared. */
function identifier(name: string): string {
  return /^(?:this|\d+)$/.test(name) ? 'own' : name;
}

/** Half of them go on after what throws, so that more than the first statement is run. */
export const programs = fc
  .tuple(fc.array(statement, { minLength: 1, maxLength: 6 }), expression, fc.boolean())
  .map(([statements, last, goesOn]) => {
    const lines = goesOn ? statements.map((line) => `try { ${line} } catch {}`) : statements;
    return `${lines.join('\n')}\n${last}`;
  });
