import fc from 'fast-check';
import { expect, it } from 'vitest';
import { splittingRevision } from './revision-text.ts';
import { atOnce } from './slices.ts';

const split = (text: string) => {
  const bytes = Buffer.from(text);
  const { rest, routes } = atOnce(splittingRevision(bytes));
  return { rest, routes: routes.map(([start, end]) => JSON.parse(bytes.toString('utf8', start, end))) };
};
/** Longer than what is looked at in one go. */
const filler = 'ü"\\,]}'.repeat(20_000);

it('routes are found whatever stands before, in and behind them', () => {
  const any = fc.jsonValue();
  const key = fc.oneof(fc.string(), fc.constantFrom('routes', '"routes":[', 'a\\', '\\"'));
  const value = fc.record({
    before: fc.dictionary(key, any, { maxKeys: 3 }),
    routes: fc.array(any, { maxLength: 4 }),
    after: fc.dictionary(key, any, { maxKeys: 3 }),
  });
  fc.assert(
    fc.property(value, fc.boolean(), ({ before, routes, after }, first) => {
      const made = first
        ? { filler, before, routes, after }
        : { before, routes, filler, after, nested: [{ routes: [1, 2] }] };
      const text = JSON.stringify(made);
      const whole = JSON.parse(text);
      expect(split(text)).toEqual({ rest: { ...whole, routes: [] }, routes: whole.routes });
    }),
    { numRuns: 100 },
  );
});

it('what is no JSON is not parsed', () => {
  for (const text of ['', '{', '{"routes":[1,2,"x', '{"a":"x","routes":[1,,2]}', '{"routes":[{]}']) {
    expect(() => split(text), text).toThrow(SyntaxError);
  }
  expect(split('{"a":{"routes":[1]}}')).toEqual({ rest: { a: { routes: [1] } }, routes: [] });
});
