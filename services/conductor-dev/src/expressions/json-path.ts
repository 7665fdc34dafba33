import { asJsonList } from './java-text.ts';
import { closingBracket, type Filter, compileFilter } from './json-path-filter.ts';
import { functions } from './json-path-functions.ts';
import { PathError } from './path-error.ts';

export { PathError } from './path-error.ts';

/** One step of a path: a member's name, an index (negative counts from the end), every child, or a name at any depth. */
type Step =
  | { kind: 'member'; name: string }
  | { kind: 'index'; index: number }
  | { kind: 'slice'; from: number | undefined; to: number | undefined }
  | { kind: 'children' }
  | { kind: 'deep'; name: string }
  | { kind: 'indexes'; indexes: number[] }
  | { kind: 'members'; names: string[] }
  | { kind: 'filter'; filter: Filter }
  | { kind: 'function'; apply(value: unknown): unknown[] };

/** A compiled JSON path of an expression, such as `first.output.items[0].name`. */
export interface JsonPath {
  /** Where it begins: `workflow` or a task's reference name. */
  root: string;
  steps: readonly Step[];
  /** Whether it names one place. One that does not gives a list, empty when nothing is found. */
  definite: boolean;
}

const bracket = /^\[\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(-?\d+)|(\*)|(-?\d*)\s*:\s*(-?\d*))\s*\]/;

/**
 * Compiles the path inside `${…}`. The dialect is that of the Jayway library, which the real server uses: `a.b`,
 * `a['b c']`, `a['b','c']`, `a[0]`, `a[-1]`, `a[0,2]`, `a[1:3]`, `a[*]`, `a.*`, `a..b`, `a[?(@.b > 1)]`, `a.length()` and other
 * functions at the end.
 *
 * @throws {PathError} 400 for a path that is not valid, 501 for a function or an operator of filters that this server does not have.
 */
export function compilePath(text: string): JsonPath {
  const rest = text.replace(/^\$(?=[.[])/, '');
  const steps = parseSteps(/^[.[]/.test(rest) ? rest : `.${rest}`, text);
  const first = steps.shift();
  if (first?.kind !== 'member') throw refused(text, 'a path that does not begin with a name');
  return { root: first.name, steps, definite: steps.every((step) => isDefinite(step)) };
}

/** The steps of what stands behind a name; `text` is for messages. */
function parseSteps(path: string, text: string): Step[] {
  const steps: Step[] = [];
  for (let rest = path; rest !== ''; ) {
    const [step, length] = rest.startsWith('.') ? nameStep(rest, text) : bracketStep(rest, text);
    steps.push(step);
    rest = rest.slice(length);
  }
  return steps;
}

function invalid(text: string, why: string): PathError {
  return new PathError(400, `${text} is not valid: ${why}`);
}

/** `.name`, `..name`, `.*` or `.length()`, and how long it is. */
function nameStep(rest: string, text: string): [Step, number] {
  const deep = rest.startsWith('..');
  const name = /^\.\.?([^.[\s(]*)/.exec(rest)?.[1] ?? '';
  const length = (deep ? 2 : 1) + name.length;
  const after = rest.slice(length);
  if (after.startsWith('(')) {
    const apply = after.startsWith('()') && !deep ? functions[name] : undefined;
    if (!apply) throw refused(text, `the function ${name}()`);
    return [{ kind: 'function', apply }, length + 2];
  }
  if (/^\s/.test(after)) throw invalid(text, "use brackets, ['my name'], for a name with a space in it");
  if (deep && after.startsWith('[')) throw refused(text, '.. before brackets');
  if (name === '') throw invalid(text, 'a name is missing');
  if (name === '*' && !deep) return [{ kind: 'children' }, length];
  return [{ kind: deep ? 'deep' : 'member', name }, length];
}

/** What stands in brackets, and how long it is with them. */
function bracketStep(rest: string, text: string): [Step, number] {
  if (/^\[\s*\?/.test(rest)) {
    const end = closingBracket(rest);
    if (end < 0) throw invalid(text, 'a filter is not closed');
    const readFrom = (path: string) => {
      const steps = parseSteps(path, text);
      return (value: unknown) => follow(steps, value);
    };
    return [{ kind: 'filter', filter: compileFilter(rest.slice(1, end).trim().slice(1), text, readFrom) }, end + 1];
  }
  const match = bracket.exec(rest);
  if (match) return [singleStep(match), match[0].length];
  const several = /^\[([^\]]*,[^\]]*)\]/.exec(rest);
  const parts = several?.[1]
    ?.split(',')
    .map((part) => bracket.exec(`[${part.trim()}]`))
    .map((one) => one && singleStep(one));
  if (!several || !parts) throw invalid(text, 'its brackets cannot be read');
  const [length, indexes, names] = [several[0].length, [] as number[], [] as string[]];
  for (const part of parts) {
    if (part?.kind === 'index') indexes.push(part.index);
    else if (part?.kind === 'member') names.push(part.name);
    else throw invalid(text, 'its brackets cannot be read');
  }
  if (indexes.length > 0 && names.length > 0) throw invalid(text, 'names and indexes cannot be mixed');
  return [names.length > 0 ? { kind: 'members', names } : { kind: 'indexes', indexes }, length];
}

function refused(text: string, feature: string): PathError {
  return new PathError(501, `conductor-dev does not support ${feature} in expressions: ${text}`);
}

function singleStep([, single, double, index, star, from, to]: RegExpExecArray): Step {
  const name = single ?? double;
  if (name !== undefined) return { kind: 'member', name: name.replace(/\\(.)/g, '$1') };
  if (index !== undefined) return { kind: 'index', index: Number(index) };
  if (star !== undefined) return { kind: 'children' };
  return { kind: 'slice', from: from ? Number(from) : undefined, to: to ? Number(to) : undefined };
}

function isDefinite(step: Step): boolean {
  return ['member', 'members', 'index', 'function'].includes(step.kind);
}

/** What the path finds under the value of its root; null when it finds nothing, a list when it is not definite. */
export function readPath(path: JsonPath, root: unknown): unknown {
  const found = root === undefined ? [] : follow(path.steps, root);
  return path.definite ? (found[0] ?? null) : asJsonList(found);
}

function follow(steps: readonly Step[], value: unknown): unknown[] {
  let found = [value];
  for (const step of steps) found = found.flatMap((one) => take(step, one));
  return found;
}

/** The values one step leads to, as a list of none, one or many. */
function take(step: Step, value: unknown): unknown[] {
  const list = Array.isArray(value);
  const map = typeof value === 'object' && value !== null && !list ? (value as Record<string, unknown>) : undefined;
  switch (step.kind) {
    case 'member':
      return map && Object.hasOwn(map, step.name) ? [map[step.name]] : [];
    case 'index':
      return list ? [value.at(step.index)].filter((item) => item !== undefined) : [];
    case 'slice':
      return list ? value.slice(step.from, step.to) : [];
    case 'children':
      return list ? value : map ? Object.values(map) : [];
    case 'indexes':
      return list ? step.indexes.map((index) => value.at(index) as unknown).filter((item) => item !== undefined) : [];
    case 'members':
      return map
        ? [Object.fromEntries(step.names.filter((name) => Object.hasOwn(map, name)).map((name) => [name, map[name]]))]
        : [];
    case 'filter':
      return (list ? value : map ? [map] : []).filter((item) => step.filter(item));
    case 'function':
      return step.apply(value);
    case 'deep': {
      const own =
        step.name === '*' ? take({ kind: 'children' }, value) : take({ kind: 'member', name: step.name }, value);
      return [...own, ...take({ kind: 'children' }, value).flatMap((child) => take(step, child))];
    }
  }
}
