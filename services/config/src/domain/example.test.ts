import { compileSchema } from '@rostrum/shared/json-schema';
import { describe, expect, it } from 'vitest';
import { exampleOf } from './example.ts';

const schemas: Record<string, Record<string, unknown>> = {
  'members of all types': {
    type: 'object',
    required: ['name', 'age'],
    properties: {
      name: { type: 'string', minLength: 8, maxLength: 10 },
      age: { type: 'integer', minimum: 18, multipleOf: 5 },
      score: { type: 'number', exclusiveMinimum: 3 },
      tags: { type: 'array', items: { enum: ['a', 'b'] }, minItems: 2 },
      point: { type: 'array', prefixItems: [{ type: 'number' }, { type: 'number' }] },
      when: { type: 'string', format: 'date-time' },
      id: { type: 'string', format: 'uuid' },
      maybe: { type: ['null', 'string'] },
      yes: { const: true },
    },
    additionalProperties: false,
  },
  'what is referred to': {
    type: 'object',
    properties: { home: { $ref: '#/$defs/address' } },
    required: ['home', 'undescribed'],
    $defs: { address: { type: 'object', properties: { street: { type: 'string' } }, required: ['street'] } },
  },
  'all of several, and one of several': {
    allOf: [
      { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
      { properties: { b: { oneOf: [{ type: 'integer' }, { type: 'string' }] } }, required: ['b'] },
    ],
  },
  'an optional member that cannot be guessed': {
    type: 'object',
    properties: { code: { type: 'string', pattern: '^[A-Z]{40}$' }, n: { type: 'number' } },
    required: ['n'],
  },
  'a tuple of draft-07': {
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'array',
    items: [{ type: 'string' }, { type: 'boolean' }],
  },
};

describe('an example of a schema', () => {
  it.each(Object.entries(schemas))('fits: %s', (_name, schema) => {
    expect(compileSchema(schema)(exampleOf(schema))).toEqual([]);
  });

  it('is what the schema itself gives as one', () => {
    expect(exampleOf({ type: 'string', examples: ['mine'] })).toBe('mine');
    expect(exampleOf({ type: 'number', default: 7 })).toBe(7);
  });

  it('ends, also of a schema that names itself, or names nothing', () => {
    const tree = { type: 'object', properties: { left: { $ref: '#' }, right: { $ref: '#' } } };
    expect(JSON.stringify(exampleOf(tree)).length).toBeLessThan(10_000);
    const many = Array.from({ length: 100 }, (_, index) => [`m${index}`, { allOf: [{ $ref: '#' }, { $ref: '#' }] }]);
    exampleOf({ type: 'object', properties: Object.fromEntries(many) });
    expect(exampleOf({ allOf: [{ $ref: '#' }] })).toEqual({});
    expect(exampleOf({ $ref: '#/nowhere' })).toEqual({});
    expect(exampleOf(true)).toEqual({});
  });
});
