import { describe, expect, it } from 'vitest';
import { parseForm, parseQuery } from './url-encoded.ts';

describe('a query', () => {
  it('gives a string for each name, and an array for one that is repeated', () => {
    expect({ ...parseQuery('a=1&b=2&a=&a=3&c') }).toEqual({ a: ['1', '', '3'], b: '2', c: '' });
    expect({ ...parseQuery('a+b=%C3%BC+%26&=x') }).toEqual({ 'a b': 'ü &', '': 'x' });
  });

  it('that is broken, or names __proto__, is refused', () => {
    for (const query of ['a=%', 'a=%2', 'a=%zz', 'a=%ff', 'a=%c3', '__proto__=1', '%5f_proto__=1']) {
      expect(() => parseQuery(query), query).toThrow(expect.objectContaining({ code: 'malformed-request' }));
    }
  });

  it('has a bounded number of parameters', () => {
    expect(parseQuery('a=1&'.repeat(1_000)).a).toHaveLength(1_000);
    expect(() => parseQuery('a=1&'.repeat(1_001))).toThrow(expect.objectContaining({ code: 'malformed-request' }));
  });
});

it('a form is read like a query, within the limits of a body', () => {
  expect({ ...parseForm('name=J%C3%BCrgen&tag=a&tag=b', 3) }).toEqual({ name: 'Jürgen', tag: ['a', 'b'] });
  for (const form of ['a=%ff', '__proto__=1', 'a&b&c&d']) {
    expect(() => parseForm(form, 3), form).toThrow(expect.objectContaining({ code: 'malformed-body' }));
  }
});
