import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { compileAhead, schemaFault, storedSchemaFault } from './json-schema.ts';

const members = (count: number, value: unknown) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, value]));

describe('a schema', () => {
  it('that would take many seconds to compile is given up after two', () => {
    const schema = { patternProperties: members(4_000, { type: 'string' }), additionalProperties: false };
    // It says so only where it was cut off.
    expect(schemaFault(schema)).toMatch(/takes longer than 2000 ms to compile/);
    const again = performance.now();
    expect(schemaFault(schema), 'and is known by then').toMatch(/takes longer/);
    expect(performance.now() - again, 'it is not tried again').toBeLessThan(2_000);
  });

  it('that was cut off, were it the first of all, spoils no other, and is tried again after a minute', async () => {
    vi.resetModules();
    vi.doMock(import('@rostrum/shared/within-time'), async (original) => {
      const { withinTime, TookTooLong } = await original();
      let limitMs = 1;
      return {
        TookTooLong,
        withinTime(ms, work) {
          const within = Math.min(limitMs, ms);
          limitMs = Infinity;
          return withinTime(within, work);
        },
      };
    });
    onTestFinished(() => {
      vi.restoreAllMocks();
      vi.doUnmock('@rostrum/shared/within-time');
    });
    const fresh = await import('./json-schema.ts');
    const slow = { properties: members(500, { type: 'string' }) };
    expect(fresh.schemaFault(slow)).toMatch(/takes longer/);
    expect(fresh.schemaFault({ type: 'string' })).toBeUndefined();
    expect(fresh.schemaFault(slow), 'is still known').toMatch(/takes longer/);
    const now = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => now() + 61_000);
    // What knows looks at the time once a millisecond.
    await expect.poll(() => fresh.schemaFault(slow)).toBeUndefined();
  });

  it('that refers to a large part of itself often compiles as fast as one that does so once', () => {
    const part = { type: 'object', properties: members(150, { type: 'string', minLength: 1 }) };
    const anyOf = Array.from({ length: 120 }, () => ({ $ref: '#/$defs/part' }));
    // Four seconds of processor time, where each reference were compiled by itself; it is given up after two.
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
