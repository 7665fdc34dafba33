import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parsingRevision } from './large-json.ts';
import { atOnce } from './slices.ts';

const parse = (value: unknown) => atOnce(parsingRevision(Buffer.from(JSON.stringify(value))));
/** Larger than what is parsed whole. */
const filler = 'ü"\\,]}'.repeat(20_000);

it('a large revision is parsed as JSON.parse would, whatever it has before, in and behind its routes', () => {
  const any = fc.jsonValue();
  const key = fc.oneof(fc.string(), fc.constantFrom('routes', '"routes":[', 'a\\', '\\"'));
  const value = fc.record({
    before: fc.dictionary(key, any, { maxKeys: 3 }),
    routes: fc.oneof(fc.array(any, { maxLength: 4 }), any),
    after: fc.dictionary(key, any, { maxKeys: 3 }),
  });
  fc.assert(
    fc.property(value, fc.boolean(), ({ before, routes, after }, first) => {
      const made = first
        ? { filler, before, routes, after }
        : { before, routes, filler, after, nested: [{ routes: [1, 2] }] };
      const text = JSON.stringify(made);
      expect(parse(made)).toEqual(JSON.parse(text));
    }),
    { numRuns: 100 },
  );
});

it('what is no JSON is not parsed', () => {
  for (const text of ['{', `{"routes":[1,2,"${'x'.repeat(200_000)}`, `{"a":"${'x'.repeat(200_000)}","routes":[1,,2]}`])
    expect(() => atOnce(parsingRevision(Buffer.from(text)))).toThrow(SyntaxError);
});
