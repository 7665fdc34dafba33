import { describe, expect, it } from 'vitest';
import { compileSchema, SchemaCache } from './index.ts';

const draft07 = 'http://json-schema.org/draft-07/schema#';

describe('a JSON Schema', () => {
  it('is 2020-12 unless it says draft-07', () => {
    // `items` as an array is a tuple in draft-07 alone; `prefixItems` is one in 2020-12 alone.
    expect(compileSchema({ $schema: draft07, items: [{ type: 'string' }] })([1])).toHaveLength(1);
    expect(compileSchema({ prefixItems: [{ type: 'string' }] })([1])).toHaveLength(1);
  });

  it('checks formats', () => {
    expect(compileSchema({ format: 'email' })('nobody')).toEqual([
      { pointer: '', detail: 'must match format "email"' },
    ]);
  });

  it('tells every fault, with pointers that are escaped', () => {
    const validate = compileSchema({
      type: 'object',
      required: ['a/b', 'c'],
      properties: { d: { type: 'object', properties: { 'e~f': { type: 'number' } } } },
      additionalProperties: false,
    });
    expect(validate({ d: { 'e~f': 'x' }, more: 1 })).toEqual(
      expect.arrayContaining([
        { pointer: '/a~1b', detail: 'is required' },
        { pointer: '/c', detail: 'is required' },
        { pointer: '/more', detail: 'is not a known member' },
        { pointer: '/d/e~0f', detail: 'must be number' },
      ]),
    );
  });

  it('reaches inside itself, and fetches nothing', () => {
    const inside = compileSchema({ $defs: { n: { type: 'number' } }, properties: { a: { $ref: '#/$defs/n' } } });
    expect(inside({ a: 'x' })).toHaveLength(1);
    expect(() => compileSchema({ $ref: 'http://127.0.0.1/schema.json' })).toThrow("can't resolve reference");
  });

  it('that is none does not compile', () => {
    for (const schema of [undefined, null, 7, 'text', [], { type: 'nothing' }, { properties: 7 }]) {
      expect(() => compileSchema(schema), JSON.stringify(schema)).toThrow();
    }
  });

  it('is compiled once while it is in use', () => {
    const cache = new SchemaCache(2);
    const first = cache.get('a', () => ({ type: 'number' }));
    expect(cache.get('a', () => ({ type: 'number' }))).toBe(first);
    cache.get('b', () => true);
    cache.get('c', () => true);
    expect(cache.get('a', () => ({ type: 'number' }))).not.toBe(first);
  });

  it('meets no other schema by its $id', () => {
    compileSchema({ $id: 'https://example.com/same', type: 'number' });
    expect(compileSchema({ $id: 'https://example.com/same', type: 'string' })('x')).toEqual([]);
  });
});
