import { javaText } from './java-text.ts';
import { compilePath, type JsonPath, PathError, readPath } from './json-path.ts';

/** The value a path begins at: `workflow`, or a task's reference name. Undefined when there is none. */
export type Scope = (root: string) => unknown;

export interface ResolveContext {
  scope: Scope;
  /** What `${CPEWF_TASK_ID}` stands for; without it that expression stays as it is written. */
  taskId?: string;
}

/** A value of a definition with its expressions compiled. */
export type Template = (context: ResolveContext) => unknown;

type Json = Record<string, unknown>;

/**
 * Compiles a JSON value whose strings may hold `${…}`. A string that is exactly one expression keeps the value's type;
 * inside a longer string the value is written as Java writes it; `$${` is an escaped `${`; expressions may nest.
 * Seen on Conductor OSS 3.32.3.
 */
export function compileTemplate(value: unknown): Template {
  if (typeof value === 'string') return compileString(value);
  if (Array.isArray(value)) {
    const items = value.map(compileTemplate);
    return (context) => items.map((item) => item(context));
  }
  if (typeof value === 'object' && value !== null) return compileMap(value as Json);
  return () => value;
}

/** The same for an object, whose members are resolved one by one. */
export function compileMap(value: Json): (context: ResolveContext) => Json {
  const members = Object.entries(value).map(([name, member]) => [name, compileTemplate(member)] as const);
  return (context) => Object.fromEntries(members.map(([name, member]) => [name, member(context)]));
}

interface Expression {
  start: number;
  end: number;
  /** What stands between the braces. */
  body: string;
}

/** The outermost `${…}` of a text, braces balanced. One behind another `$` is escaped, one never closed is text. */
export function findExpressions(text: string): Expression[] {
  const found: Expression[] = [];
  for (let start = text.indexOf('${'); start >= 0; start = text.indexOf('${', start)) {
    const end = text[start - 1] === '$' ? -1 : closingBrace(text, start + 1);
    if (end < 0) {
      start += 2;
      continue;
    }
    found.push({ start, end, body: text.slice(start + 2, end - 1) });
    start = end;
  }
  return found;
}

/** Index behind the brace that closes the one at `open`, or -1. */
function closingBrace(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === '{') depth += 1;
    else if (text[at] === '}' && --depth === 0) return at + 1;
  }
  return -1;
}

function compileString(text: string): Template {
  const found = findExpressions(text);
  if (found.length === 0) {
    const plain = unescape(text);
    return () => plain;
  }
  const parts = found.map((expression) => ({ ...expression, value: compileExpression(expression.body) }));
  const [only] = parts;
  if (only && parts.length === 1 && only.start === 0 && only.end === text.length) {
    return (context) => {
      const value = only.value(context);
      return value === keep ? unescape(text) : value;
    };
  }
  return (context) => {
    let result = '';
    let at = 0;
    for (const { start, end, value } of parts) {
      const resolved = value(context);
      result += text.slice(at, start) + (resolved === keep ? text.slice(start, end) : javaText(resolved));
      at = end;
    }
    return unescape(result + text.slice(at));
  };
}

/** The expression has no value here and stays in the text as it is written. */
const keep = Symbol('keep');

function compileExpression(body: string): Template {
  if (findExpressions(body).length > 0) {
    const inner = compileString(` ${body}`);
    return (context) => evaluate(String(inner(context)).slice(1), context);
  }
  if (body.trim() === '') return () => '';
  if (body === 'CPEWF_TASK_ID') return (context) => context.taskId ?? keep;
  const path = tryCompile(body);
  return ({ scope }) => (path ? readPath(path, scope(path.root)) : null);
}

/** A path that is only known now; not compiled ahead, since each run may have another. */
function evaluate(body: string, context: ResolveContext): unknown {
  return compileExpression(body)(context);
}

/** A path that cannot be read resolves to null on the real server; one it could read and we cannot is an error. */
function tryCompile(body: string): JsonPath | undefined {
  try {
    return compilePath(body);
  } catch (error) {
    if (error instanceof PathError && error.status === 400) return undefined;
    throw error;
  }
}

function unescape(text: string): string {
  return text.includes('$${') ? text.replaceAll('$${', '${') : text;
}
