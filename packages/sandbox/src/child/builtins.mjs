const names = [
  ...['Object', 'Function', 'Array', 'Number', 'Boolean', 'String', 'Symbol', 'BigInt', 'Date', 'Promise', 'RegExp'],
  ...['JSON', 'Math', 'Intl', 'Map', 'Set', 'WeakMap', 'WeakSet', 'Iterator', 'Reflect', 'Proxy', 'ArrayBuffer'],
  ...['Error', 'TypeError', 'RangeError', 'SyntaxError', 'ReferenceError', 'URIError', 'EvalError', 'Uint8Array'],
];
const builtin = String.raw`\b(?:${names.join('|')})\b`;
const member = String.raw`\s{0,9}(?:\.\s{0,9}[\w$]{1,99}|\[[^\]\n]{1,99}\])`;

const patterns = [
  // Array.prototype.last = …, Error.stackTraceLimit = …, but no comparison
  String.raw`${builtin}(?:${member}){1,2}\s{0,9}=(?![=>])`,
  // Object.defineProperty(Array.prototype, …), Object.assign(String.prototype, …)
  String.raw`\b(?:define\w{1,20}|assign|setPrototypeOf|set|freeze|seal|preventExtensions)\(\s{0,9}${builtin}`,
  String.raw`\bdelete\s{1,9}${builtin}`,
  // RegExp.$1 and its like
  String.raw`\bRegExp\s{0,9}(?:\.\s{0,9}(?:\$|last|left|right|input|multiline)|\[)`,
  String.raw`\b__define[GS]etter__\b`,
];
const pattern = new RegExp(patterns.join('|'));

/**
 * True when a script seems to change built-ins, or to read what hardening has removed: such a script gets a fresh context
 * with each run, where it may. This is for fidelity only: a script that hides it finds built-ins that are frozen.
 *
 * @param {string} script
 */
export const changesBuiltins = (script) => pattern.test(script);
