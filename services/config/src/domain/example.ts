import { compileSchema } from '@rostrum/shared/json-schema';
import type { JsonSchema } from '@rostrum/contract/json-schema';

type Schema = Record<string, unknown>;

/** Deeper than this an example is of no use to anybody, and a schema may name itself. */
const MAX_DEPTH = 8;
/** Of one example: a schema that names itself many times over would have millions. */
const MAX_PARTS = 1_000;

interface Making {
  /** What `$ref` points into. */
  root: JsonSchema;
  /** Without the members that are not required. */
  sparse: boolean;
  /** How many more parts it may have. */
  left: number;
}

const formats: Record<string, string> = {
  'date-time': '2030-01-31T12:00:00Z',
  date: '2030-01-31',
  time: '12:00:00Z',
  duration: 'P1D',
  email: 'somebody@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://example.com/',
  uuid: '123e4567-e89b-42d3-a456-426614174000',
};

/**
 * A value that the schema lets through, as far as can be guessed: with all its members where that fits, else with those
 * that are required. What a `pattern`, `not` or `if` asks for is not guessed.
 */
export function exampleOf(schema: JsonSchema): unknown {
  const everything = make(schema, { root: schema, sparse: false, left: MAX_PARTS }, 0);
  return fits(schema, everything) ? everything : make(schema, { root: schema, sparse: true, left: MAX_PARTS }, 0);
}

function fits(schema: JsonSchema, value: unknown): boolean {
  try {
    return compileSchema(schema)(value).length === 0;
  } catch {
    // Stored by an earlier release that took it.
    return false;
  }
}

function make(given: unknown, making: Making, depth: number): unknown {
  if (!isObject(given) || depth > MAX_DEPTH || making.left <= 0) return {};
  const schema = flatten(given, making, depth);
  for (const named of ['const', 'default'] as const) if (schema[named] !== undefined) return schema[named];
  for (const listed of ['examples', 'enum'] as const) {
    const list = schema[listed];
    if (Array.isArray(list) && list.length > 0) return list[0] as unknown;
  }
  switch (typeOf(schema)) {
    case 'object':
      return makeObject(schema, making, depth);
    case 'array':
      return makeArray(schema, making, depth);
    case 'string':
      return makeString(schema);
    case 'number':
      return makeNumber(schema);
    case 'integer':
      return Math.ceil(makeNumber(schema));
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return {};
  }
}

/** With what it refers to, all of `allOf` and the first of `oneOf` and `anyOf` put into one. */
function flatten(schema: Schema, making: Making, depth: number): Schema {
  if (depth > MAX_DEPTH || making.left-- <= 0) return {};
  const { $ref, allOf, oneOf, anyOf, ...rest } = schema;
  const first = [oneOf, anyOf].flatMap((list) => (Array.isArray(list) ? list.slice(0, 1) : []));
  const parts = [
    ...(typeof $ref === 'string' ? [resolve($ref, making.root)] : []),
    ...(Array.isArray(allOf) ? allOf : []),
    ...first,
  ];
  return parts.reduce<Schema>((whole, part) => {
    const next = isObject(part) ? flatten(part, making, depth + 1) : {};
    const properties = { ...objectOf(next.properties), ...objectOf(whole.properties) };
    const required = [...listOf(whole.required), ...listOf(next.required)];
    return { ...next, ...whole, properties, required };
  }, rest);
}

/** A pointer into the same document (RFC 6901); others are not followed. */
function resolve($ref: string, root: JsonSchema): unknown {
  if (!$ref.startsWith('#')) return {};
  const steps = decodeURIComponent($ref.slice(1)).split('/').slice(1);
  return steps
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((at, step) => (isObject(at) && Object.hasOwn(at, step) ? at[step] : undefined), root);
}

function typeOf({ type, properties, required, items, prefixItems }: Schema): unknown {
  if (Array.isArray(type)) return type.find((each) => each !== 'null') ?? 'null';
  if (type !== undefined) return type;
  if (Object.keys(objectOf(properties)).length > 0 || listOf(required).length > 0) return 'object';
  return items !== undefined || prefixItems !== undefined ? 'array' : undefined;
}

function makeObject(schema: Schema, making: Making, depth: number): Schema {
  const properties = objectOf(schema.properties);
  const required = listOf(schema.required).map(String);
  const names =
    making.sparse || depth >= MAX_DEPTH / 2 ? required : [...new Set([...Object.keys(properties), ...required])];
  return Object.fromEntries(
    names.map((name) => [name, Object.hasOwn(properties, name) ? make(properties[name], making, depth + 1) : 'string']),
  );
}

function makeArray(schema: Schema, making: Making, depth: number): unknown[] {
  const tuple = schema.prefixItems ?? schema.items;
  if (Array.isArray(tuple)) return tuple.map((item) => make(item, making, depth + 1));
  const least = Math.min(numberOf(schema.minItems) ?? 0, 100);
  const length = making.sparse ? least : Math.min(Math.max(1, least), numberOf(schema.maxItems) ?? 1_000);
  return Array.from({ length }, () => make(schema.items, making, depth + 1));
}

function makeString({ format, minLength, maxLength }: Schema): string {
  const text = (typeof format === 'string' ? formats[format] : undefined) ?? 'string';
  return text
    .padEnd(Math.min(numberOf(minLength) ?? 0, 1_000), '.')
    .slice(0, numberOf(maxLength) ?? text.length + 1_000);
}

function makeNumber({ minimum, exclusiveMinimum, maximum, multipleOf }: Schema): number {
  const above = numberOf(exclusiveMinimum);
  const least = numberOf(minimum) ?? (above === undefined ? Math.min(1, numberOf(maximum) ?? 1) : above + 1);
  const step = numberOf(multipleOf);
  return step ? Math.ceil(least / step) * step : least;
}

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function objectOf(value: unknown): Schema {
  return isObject(value) ? value : {};
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
