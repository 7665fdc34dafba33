import { isObject } from '../file/references.ts';

type Json = Record<string, unknown>;

/**
 * A schema of an OpenAPI document as a JSON Schema that stands on its own: what it names of the document is put beside
 * it as `$defs`, and what OpenAPI 3.0 says in its own way (`nullable`, boolean bounds) as JSON Schema says it.
 */
export function standalone(schema: unknown, document: Json): unknown {
  const definitions: Json = {};
  const queue: string[] = [];
  const nameOf = (pointer: string) => pointer.replace(/^#\//, '').replaceAll('/', '.');
  const translate = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(translate);
    if (!isObject(value)) return value;
    const { $ref } = value;
    if (typeof $ref === 'string' && $ref.startsWith('#/')) {
      const name = nameOf($ref);
      if (!(name in definitions)) {
        definitions[name] = {};
        queue.push($ref);
      }
      return { $ref: `#/$defs/${name}` };
    }
    return ofThirtyZero(
      Object.fromEntries(Object.entries(value).map(([key, each]) => [key, literal.has(key) ? each : translate(each)])),
    );
  };
  // A name at the top is followed, so that the schema itself stands there.
  const own = translate(follow(schema, document));
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    definitions[nameOf(next)] = translate(resolvePointer(document, next));
  }
  if (!isObject(own) || Object.keys(definitions).length === 0) return own;
  return { ...own, $defs: definitions };
}

/** Members whose content is data, not schemas. */
const literal = new Set(['enum', 'const', 'default', 'example', 'examples']);

/** What only OpenAPI knows is left out. */
function ofThirtyZero({
  nullable,
  example: _,
  xml: __,
  discriminator: ___,
  externalDocs: ____,
  ...schema
}: Json): Json {
  const result = { ...schema };
  for (const [flag, bound] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    if (typeof result[flag] !== 'boolean') continue;
    if (result[flag]) result[flag] = result[bound];
    else delete result[flag];
    if (result[flag] !== undefined) delete result[bound];
  }
  if (nullable !== true) return result;
  if (typeof result['type'] === 'string') {
    const values = Array.isArray(result['enum']) ? { enum: [...(result['enum'] as unknown[]), null] } : {};
    return { ...result, type: [result['type'], 'null'], ...values };
  }
  return { anyOf: [result, { type: 'null' }] };
}

/** What a `$ref` of the document names; circles end at the last. */
export function follow(value: unknown, document: Json): unknown {
  let found = value;
  for (let step = 0; step < 20; step++) {
    const $ref = isObject(found) ? found['$ref'] : undefined;
    if (typeof $ref !== 'string' || !$ref.startsWith('#/')) return found;
    found = resolvePointer(document, $ref);
  }
  return {};
}

/** What `$ref`s name that this document does not have, one sentence each: all of it counts as `{}`. */
export function danglingRefs(document: Json): string[] {
  const names = new Set<string>();
  const seen = new Set<unknown>();
  const queue: unknown[] = [document];
  for (let value = queue.pop(); value !== undefined; value = queue.pop()) {
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    queue.push(...Object.values(value).filter((each) => each !== undefined));
    const { $ref } = value as Json;
    if (typeof $ref === 'string' && (!$ref.startsWith('#/') || valueAt(document, $ref) === undefined)) names.add($ref);
  }
  return [...names].map((name) => `$ref ${name}: the document has no such thing; anything is taken there`);
}

function resolvePointer(document: Json, pointer: string): unknown {
  return valueAt(document, pointer) ?? {};
}

function valueAt(document: Json, pointer: string): unknown {
  let value: unknown = document;
  for (const step of pointer.slice(2).split('/')) {
    const key = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
    value = isObject(value) ? value[key] : undefined;
  }
  return value;
}
