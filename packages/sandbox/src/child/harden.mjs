/**
 * Runs inside a context that is to be used for many runs, before anything of the user's. Its source text is compiled
 * there (`contexts.mjs`), so it may use nothing from outside itself.
 *
 * All that a script can reach, except the global object, is frozen; the global object is put back after each run. What
 * freezing alone does not reach:
 *
 * - an own member could no longer be assigned where a frozen prototype has one of that name (`error.name = …`: the
 *   "override mistake"; the way around it is that of `ses`). So such members of prototypes as scripts assign on objects
 *   of their own are accessors here, whose setters make an own member of whatever is assigned to.
 * - V8's own state: `RegExp.$1` and its like are deleted; `Math.random` is one of ours that starts from a new seed with
 *   each run, else who had seen some numbers could tell those of the next run; see `hasHiddenStack`.
 */
export function harden() {
  'use strict';
  const { ownKeys, getOwnPropertyDescriptor, getPrototypeOf, isExtensible, deleteProperty, apply } = Reflect;
  const defineOwn = Reflect.defineProperty;
  const { defineProperties, freeze, hasOwn } = Object;
  const TypeErrorOfContext = TypeError;
  const isObject = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function';

  // What is left of RegExp is what the language defines.
  for (const key of ownKeys(RegExp)) {
    if (key !== 'prototype' && key !== 'length' && key !== 'name' && typeof key !== 'symbol' && key !== 'escape') {
      deleteProperty(RegExp, key);
    }
  }

  let [a, b, c, d] = [0, 0, 0, 0];
  /** sfc32 by Chris Doty-Humphrey (PractRand): 32 bits at a time. */
  const next = () => {
    const result = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + result) | 0;
    return result >>> 0;
  };
  const { random } = {
    random() {
      return (next() * 2 ** 21 + (next() >>> 11)) / 2 ** 53;
    },
  };
  defineOwn(Math, 'random', { value: random });

  const makeAssignable = (holder, key, value) => {
    const { get, set } = {
      get() {
        return value;
      },
      set(assigned) {
        if (this === holder) throw new TypeErrorOfContext('a built-in cannot be changed');
        if (!isObject(this)) return;
        if (hasOwn(this, key)) defineOwn(this, key, { value: assigned });
        else defineOwn(this, key, { value: assigned, writable: true, enumerable: true, configurable: true });
      },
    };
    return { get: freeze(get), set: freeze(set) };
  };

  const wholly = new Set([Object, Function, Array, Map, Set, Promise, Error].map(({ prototype }) => prototype));
  const oftenAssigned = new Set(['constructor', 'toString', 'toLocaleString', 'valueOf', 'toJSON', 'name', 'message']);
  const isAssigned = (holder, key) => (wholly.has(holder) ? typeof key === 'string' : oftenAssigned.has(key));

  const stackOf = getOwnPropertyDescriptor(new Error(''), 'stack');
  /** All objects that can be reached, with those of their members that are to become accessors. */
  const reach = (roots) => {
    const reached = new Map();
    const pending = [...roots];
    while (pending.length > 0) {
      const object = pending.pop();
      if (!isObject(object) || object === globalThis || reached.has(object)) continue;
      pending.push(getPrototypeOf(object));
      const isPrototype = hasOwn(object, 'constructor');
      const assignable = isPrototype ? {} : undefined;
      reached.set(object, assignable);
      for (const key of ownKeys(object)) {
        const { value, get, set, configurable } = getOwnPropertyDescriptor(object, key);
        if (isObject(value)) pending.push(value);
        if (get) pending.push(get);
        if (set) pending.push(set);
        const isData = configurable && !get && !set;
        if (isPrototype && isData && isAssigned(object, key)) assignable[key] = makeAssignable(object, key, value);
      }
    }
    return reached;
  };

  const initial = new Map();
  for (const key of ownKeys(globalThis)) initial.set(key, getOwnPropertyDescriptor(globalThis, key));
  const initialKeys = [...initial.keys()];
  const prototypeOfGlobal = getPrototypeOf(globalThis);

  const reached = reach([
    prototypeOfGlobal,
    ...[...initial.values()].map(({ value }) => value),
    // What syntax alone makes, and what no member of anything leads to.
    ...[stackOf.get, stackOf.set],
    ...[function* () {}, async () => {}, async function* () {}, (function* () {})(), (async function* () {})()],
    ...[[].values(), ''[Symbol.iterator](), new Map().entries(), new Set().values(), /x/g[Symbol.matchAll]('')],
    ...[Iterator.from({ next() {} }), [].values().map(random)],
    ...[new Intl.Segmenter().segment(''), new Intl.Segmenter().segment('')[Symbol.iterator]()],
    (function () {
      return getOwnPropertyDescriptor(arguments, 'callee').get;
    })(),
  ]);
  for (const [object, assignable] of reached) {
    // All at once: V8 makes a new map of the whole object with each call.
    if (assignable) defineProperties(object, assignable);
    freeze(object);
  }

  /**
   * V8 keeps the stack of `Error.captureStackTrace(object)` where no key leads to, even when `object.stack` has been
   * deleted, and the setter of any error's `stack` writes there. What is frozen cannot be given one.
   */
  const hasHiddenStack = () => {
    apply(stackOf.set, globalThis, ['']);
    return apply(stackOf.get, globalThis, []) !== undefined;
  };

  const isAsAtFirst = (key) => {
    const now = getOwnPropertyDescriptor(globalThis, key);
    const { value, writable, enumerable, configurable } = initial.get(key);
    if (now.get || now.set || now.writable !== writable) return false;
    if (now.enumerable !== enumerable || now.configurable !== configurable) return false;
    return now.value === value || value !== value;
  };

  return {
    /** Where the random numbers of the next run begin: four times 32 bits. */
    seed(...words) {
      [a, b, c, d] = words;
    },
    /** Takes from the global object what a run has put there. False: the context may not be used again. */
    clean() {
      for (const key of ownKeys(globalThis)) if (!initial.has(key)) deleteProperty(globalThis, key);
      if (!isExtensible(globalThis) || getPrototypeOf(globalThis) !== prototypeOfGlobal) return false;
      const keys = ownKeys(globalThis);
      if (keys.length !== initialKeys.length || hasHiddenStack()) return false;
      // Their order counts: what was deleted and made again comes last.
      for (let index = 0; index < keys.length; index++) {
        if (keys[index] !== initialKeys[index] || !isAsAtFirst(keys[index])) return false;
      }
      return true;
    },
  };
}
