import { ConductorError } from '../errors.ts';
import { asJsonList } from './java-text.ts';

/** One step of a path: a member's name, an index (negative counts from the end), every child, or a name at any depth. */
type Step =
  | { kind: 'member'; name: string }
  | { kind: 'index'; index: number }
  | { kind: 'slice'; from: number | undefined; to: number | undefined }
  | { kind: 'children' }
  | { kind: 'deep'; name: string }
  | { kind: 'length' };

/** A compiled JSON path of an expression, such as `first.output.items[0].name`. */
export interface JsonPath {
  /** Where it begins: `workflow` or a task's reference name. */
  root: string;
  steps: readonly Step[];
  /** Whether it names one place. One that does not gives a list, empty when nothing is found. */
  definite: boolean;
}

/** A path that cannot be read, or that uses a feature this server does not have. */
export class PathError extends ConductorError {
  override name = 'PathError';
}

const bracket = /^\[\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(-?\d+)|(\*)|(-?\d*)\s*:\s*(-?\d*))\s*\]/;

/**
 * Compiles the path inside `${…}`. The dialect is that of the Jayway library, which the real server uses: `a.b`,
 * `a['b c']`, `a[0]`, `a[-1]`, `a[1:3]`, `a[*]`, `a.*`, `a..b`, `a.length()` (or `size()`).
 *
 * @throws {PathError} 400 for a path that is not valid, 501 for filters (`[?(…)]`) unions (`[a,b]`) and other functions.
 */
export function compilePath(text: string): JsonPath {
  const invalid = (why: string) => new PathError(400, `${text} is not valid: ${why}`);
  let rest = text.replace(/^\$(?=[.[])/, '');
  if (!/^[.[]/.test(rest)) rest = `.${rest}`;
  const steps: Step[] = [];
  while (rest !== '') {
    const deep = rest.startsWith('..');
    if (rest.startsWith('.')) {
      const name = /^\.\.?([^.[\s(]*)/.exec(rest)?.[1] ?? '';
      const after = rest.slice((deep ? 2 : 1) + name.length);
      if (after.startsWith('()') && (name === 'length' || name === 'size') && !deep) {
        steps.push({ kind: 'length' });
        rest = after.slice(2);
        continue;
      }
      if (after.startsWith('(')) throw refused(text, `the function ${name}()`);
      if (/^\s/.test(after)) throw invalid("use brackets, ['my name'], for a name with a space in it");
      if (name === '') throw invalid('a name is missing');
      steps.push(name === '*' && !deep ? { kind: 'children' } : { kind: deep ? 'deep' : 'member', name });
      rest = after;
      continue;
    }
    if (/^\[\s*\?/.test(rest)) throw refused(text, 'filters, [?(…)],');
    const match = bracket.exec(rest);
    if (!match) throw rest.includes(',') ? refused(text, 'unions, [a,b],') : invalid('its brackets cannot be read');
    steps.push(bracketStep(match));
    rest = rest.slice(match[0].length);
  }
  const first = steps.shift();
  if (first?.kind !== 'member') throw refused(text, 'a path that does not begin with a name');
  return { root: first.name, steps, definite: steps.every((step) => isDefinite(step)) };
}

function refused(text: string, feature: string): PathError {
  return new PathError(501, `conductor-dev does not support ${feature} in expressions: ${text}`);
}

function bracketStep([, single, double, index, star, from, to]: RegExpExecArray): Step {
  const name = single ?? double;
  if (name !== undefined) return { kind: 'member', name: name.replace(/\\(.)/g, '$1') };
  if (index !== undefined) return { kind: 'index', index: Number(index) };
  if (star !== undefined) return { kind: 'children' };
  return { kind: 'slice', from: from ? Number(from) : undefined, to: to ? Number(to) : undefined };
}

function isDefinite(step: Step): boolean {
  return step.kind === 'member' || step.kind === 'index' || step.kind === 'length';
}

/** What the path finds under the value of its root; null when it finds nothing, a list when it is not definite. */
export function readPath(path: JsonPath, root: unknown): unknown {
  let found: unknown[] = root === undefined ? [] : [root];
  for (const step of path.steps) found = found.flatMap((value) => take(step, value));
  return path.definite ? (found[0] ?? null) : asJsonList(found);
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
    case 'length':
      return list ? [value.length] : map ? [Object.keys(map).length] : [];
    case 'deep': {
      const own =
        step.name === '*' ? take({ kind: 'children' }, value) : take({ kind: 'member', name: step.name }, value);
      return [...own, ...take({ kind: 'children' }, value).flatMap((child) => take(step, child))];
    }
  }
}
