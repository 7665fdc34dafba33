import { z } from 'zod';
import { kinds, kindWords, fileShapes } from './shape.ts';

type Json = Record<string, unknown>;

const envOrFile = {
  type: 'object',
  description: 'A secret, by reference: the name of an environment variable, or a file relative to this one.',
  oneOf: [{ required: ['env'] }, { required: ['file'] }],
  properties: {
    env: { type: 'string' },
    file: { type: 'string' },
    mask: { type: 'string', description: 'The key that the server has, where the secret is not known.' },
  },
  additionalProperties: false,
};
const file = {
  type: 'object',
  description: 'What stands in that file, relative to this one.',
  required: ['file'],
  properties: { file: { type: 'string' } },
  additionalProperties: false,
};

/** Members that the server sets, or that say again what another says: nobody should be offered them. */
const made = new Set(['createTime', 'updateTime', 'createdBy', 'updatedBy', 'basePath', 'serviceId', 'authType']);
const contents = new Set(['preRequestScript', 'postResponseScript', 'inputSchema', 'outputSchema']);

/** A JSON Schema (2020-12) of `rostrum.yaml`, for editors. */
export function editorSchema(): Json {
  const shapes = fileShapes();
  const definitions: Json = {};
  const listOf = (shape: z.ZodType) => {
    const { $defs, ...items } = z.toJSONSchema(shape, {
      io: 'input',
      unrepresentable: 'any',
      reused: 'inline',
    }) as Json;
    Object.assign(definitions, forEditors($defs));
    return { type: 'array', items: forEditors(items) };
  };
  const lists = kinds.map((kind) => [kindWords[kind].member, listOf(shapes[kind])] as const);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Gateway configuration of Rostrum (rostrum.yaml)',
    type: 'object',
    properties: {
      $schema: { type: 'string' },
      ...Object.fromEntries(lists),
      permissions: listOf(shapes.permission),
    },
    ...(Object.keys(definitions).length > 0 ? { $defs: definitions } : {}),
    additionalProperties: false,
  };
}

/** With references where they are understood, and without what nobody writes. */
function forEditors(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => forEditors(each));
  if (typeof value !== 'object' || value === null) return value;
  const { $schema: _, properties, ...rest } = value as Json;
  const known = Object.fromEntries(Object.entries(rest).map(([key, each]) => [key, forEditors(each)]));
  if (typeof properties !== 'object' || properties === null) return known;
  const members = Object.entries(properties)
    .filter(([member]) => !made.has(member))
    .map(([member, each]) => [member, withReference(member, forEditors(each) as Json)]);
  return { ...known, properties: Object.fromEntries(members) };
}

function withReference(member: string, schema: Json): Json {
  if (contents.has(member)) return { anyOf: [schema, file] };
  if (member === 'data') return { description: 'The schema, here or in a file.' };
  if (member === 'keySecret') return { anyOf: [{ type: 'string' }, envOrFile] };
  if (member !== 'apiKeys') return schema;
  return { type: 'array', minItems: 1, items: { anyOf: [envOrFile, { type: 'string' }] } };
}
