import { describe, expect, it } from 'vitest';
import { compileAhead, schemaFault, storedSchemaFault } from './json-schema.ts';

const members = (count: number, value: unknown) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, value]));

describe('a schema', () => {
  it('that would take many seconds to compile is given up after two', () => {
    const schema = { patternProperties: members(4_000, { type: 'string' }), additionalProperties: false };
    const begin = performance.now();
    expect(schemaFault(schema)).toMatch(/takes longer than 2000 ms to compile/);
    expect(performance.now() - begin).toBeLessThan(3_500);
    const again = performance.now();
    expect(schemaFault(schema), 'and is known by then').toMatch(/takes longer/);
    expect(performance.now() - again).toBeLessThan(100);
  });

  it('that refers to a large part of itself often compiles as fast as one that does so once', () => {
    const part = { type: 'object', properties: members(300, { type: 'string', minLength: 1 }) };
    const anyOf = Array.from({ length: 60 }, () => ({ $ref: '#/$defs/part' }));
    // Ten seconds, where each reference were compiled by itself; it is given up after two.
    expect(schemaFault({ $defs: { part }, anyOf })).toBeUndefined();
  });

  it('with a pattern that needs backtracking is refused, and told what is', () => {
    expect(schemaFault({ pattern: '^(a+)+$' })).toBeUndefined();
    expect(schemaFault({ pattern: '^(?!x).*$' })).toMatch(
      /the pattern "\^\(\?!x\)\.\*\$" is not taken .*without lookaround/,
    );
    expect(storedSchemaFault({ pattern: '^(?!x).*$' }), 'unless it is stored already').toBeUndefined();
    for (const fault of [schemaFault, storedSchemaFault]) expect(fault({ pattern: '(' })).toMatch(/does not compile/);
  });
});

it('many schemas are compiled one after the other, and others have their turn in between', async () => {
  let turns = 0;
  const count = setInterval(() => turns++, 1);
  await compileAhead(Array.from({ length: 20 }, (_, index) => ({ title: `${index}`, properties: members(50, {}) })));
  clearInterval(count);
  expect(turns).toBeGreaterThan(5);
});
