/**
 * Runs inside a context; its source text is compiled there (`isolate.mjs`), so it may use nothing from outside itself.
 * Describes all built-ins that can be reached: every key, flag, prototype and primitive value, and of each function
 * whether it is native, objects by the number of their first sight. Two contexts have the same description when nothing
 * in either was added, taken away, replaced or given another place. It is a digest, since 60 KB a run would be kept by
 * the child until its next great collection. The global object's own members are not looked at beyond `names`: what
 * a script declares is its own.
 *
 * A script that has changed built-ins can make this lie, throw or never end. It fools only itself: what is frozen is
 * frozen, whatever this says.
 *
 * @param {string[]} names of the globals to begin with
 */
export function describeIntrinsics(names) {
  'use strict';
  const { ownKeys, getOwnPropertyDescriptor, getPrototypeOf, isExtensible, apply } = Reflect;
  const { imul } = Math;
  const toText = Function.prototype.toString;
  const numbers = new Map();
  const found = [];
  let text = '';
  const note = (value) => {
    if ((typeof value !== 'object' || value === null) && typeof value !== 'function') {
      text += ` ${typeof value}:${String(value)}`;
      return;
    }
    let number = numbers.get(value);
    if (number === undefined) {
      number = found.length;
      found[number] = value;
      numbers.set(value, number);
    }
    text += ` ${number}`;
  };
  for (const name of names) note(globalThis[name]);
  // What syntax alone makes, and what no member of anything leads to.
  const made = [
    ...[function* () {}, async () => {}, async function* () {}, (function* () {})(), (async function* () {})()],
    ...[[].values(), ''[Symbol.iterator](), new Map().entries(), new Set().values(), /x/g[Symbol.matchAll]('')],
    ...[Iterator.from({ next() {} }), [].values().map(String), new Intl.Segmenter().segment('')],
    new Intl.Segmenter().segment('')[Symbol.iterator](),
  ];
  for (const value of made) note(getPrototypeOf(value));
  for (let index = 0; index < found.length; index++) {
    const object = found[index];
    text += isExtensible(object) ? ';' : '!';
    note(getPrototypeOf(object));
    if (typeof object === 'function') {
      // Its name is among its members. A proxy's text has none; a script's own function shows its source.
      const source = apply(toText, object, []);
      text += `${source.length}${source.endsWith('{ [native code] }')}`;
    }
    for (const key of ownKeys(object)) {
      const { value, get, set, writable, enumerable, configurable } = getOwnPropertyDescriptor(object, key);
      text += ` ${String(key)} ${(writable ? 4 : 0) + (enumerable ? 2 : 0) + (configurable ? 1 : 0)}`;
      if (get || set) {
        note(get);
        note(set);
      } else note(value);
    }
  }
  let [a, b] = [0, 0];
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    a = (imul(a, 31) + unit) | 0;
    b = (imul(b, 0x01000193) ^ unit) | 0;
  }
  return `${text.length} ${a} ${b}`;
}
