import { isObject } from '../file/references.ts';

/** One field that differs; what is absent on one side is left out. */
export interface Change {
  /** Such as `['routes', 'GET /a', 'timeoutInSeconds']`. */
  path: string[];
  before?: unknown;
  after?: unknown;
}

/** Lists whose members have names, and whose order says nothing. */
const named: Record<string, (member: Record<string, unknown>) => string> = {
  routes: ({ httpMethod, path }) => `${String(httpMethod)} ${String(path)}`,
  tags: ({ key, value }) => `${String(key)}:${String(value)}`,
  permissions: ({ type, id }) => `${String(type)} ${String(id)}`,
};
/** Lists of texts whose order says nothing. */
const sets = new Set(['roles', 'access']);

/** Every field in which they differ, in order of name. */
export function differences(before: unknown, after: unknown, path: readonly string[] = []): Change[] {
  const name = path.at(-1) ?? '';
  if (same(before, after) || (isSchema(name) && same(parsed(before), parsed(after)))) return [];
  const [was, is] = [membersOf(name, before), membersOf(name, after)];
  // A JSON Schema is one thing: its members are nobody's fields.
  if (!was || !is || isSchema(name)) {
    return [
      {
        path: [...path],
        ...(before === undefined ? {} : { before }),
        ...(after === undefined ? {} : { after }),
      },
    ];
  }
  const keys = [...new Set([...Object.keys(was), ...Object.keys(is)])].toSorted();
  return keys.flatMap((key) => differences(was[key], is[key], [...path, key]));
}

function isSchema(name: string): boolean {
  return name.endsWith('Schema') || name === 'data';
}

/** A JSON Schema as text is the one that it says. */
function parsed(schema: unknown): unknown {
  if (typeof schema !== 'string') return schema;
  try {
    return JSON.parse(schema) as unknown;
  } catch {
    return schema;
  }
}

function membersOf(name: string, value: unknown): Record<string, unknown> | undefined {
  const nameOf = Object.hasOwn(named, name) ? named[name] : undefined;
  if (!nameOf) return isObject(value) ? value : undefined;
  if (!Array.isArray(value)) return value === undefined ? {} : undefined;
  return Object.fromEntries(value.map((each: Record<string, unknown>) => [nameOf(each), each]));
}

/** Whether two values are the same JSON, whatever the order of their members. */
function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(inOrder(a)) === JSON.stringify(inOrder(b));
}

function inOrder(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) {
    const list = value.map((each) => inOrder(each));
    return sets.has(name) ? list.toSorted((a, b) => (String(a) < String(b) ? -1 : 1)) : list;
  }
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(
    entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => [key, inOrder(each, key)]),
  );
}
