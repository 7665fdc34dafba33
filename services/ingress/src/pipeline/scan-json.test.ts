import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonFault, scanJson } from './scan-json.ts';

const limits = { depth: 64, members: 1_000_000 };
const scan = (text: string) => scanJson(text, limits);
const faultOf = (text: string, how = limits) => {
  try {
    scanJson(text, how);
    return undefined;
  } catch (error) {
    return error instanceof JsonFault ? `${error.pointer} ${error.message}` : (error as Error).name;
  }
};
const parses = (text: string) => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe('a scan of JSON', () => {
  it('takes what JSON.parse takes, and nothing else', () => {
    fc.assert(
      fc.property(
        fc.json({ maxDepth: 5 }),
        fc.nat(),
        fc.constantFrom('"', '\\', '{', '}', '[', ']', ',', ':', '0', '-', '.', 'e', ' ', '\n', '\u0001', 'u'),
        (json, at, char) => {
          const place = at % (json.length + 1);
          const texts = [json, json.slice(0, place), json.slice(0, place) + char + json.slice(place)];
          for (const text of texts) {
            const fault = faultOf(text);
            // Of what is JSON it refuses names, no more.
            if (parses(text))
              expect([undefined, 'name'], text).toContain(fault && /twice|name/.test(fault) ? 'name' : fault);
            else expect(fault, text).toBeDefined();
          }
        },
      ),
      { numRuns: 500 },
    );
    for (const text of [
      '',
      ' ',
      '01',
      '1.',
      '.5',
      '-',
      '1e',
      '+1',
      'nul',
      'truefalse',
      '[1,]',
      '{"a":1,}',
      '{a:1}',
      '"\n"',
      '"\\x"',
      '"\\u12g4"',
      '"',
      '1 2',
      '\ufeff1',
      '\u00a01',
    ]) {
      expect(faultOf(text), text).toBe('SyntaxError');
    }
    for (const text of ['0', '-0.5e+10', ' [ ] ', '{ "a" : [ { } , null ] }\r\n\t', '"\\u00fc\\"\u007f"']) scan(text);
  });

  it('names the members of an object at the top', () => {
    expect(scan('{"a":{"b":1},"\\u0063":2}')).toEqual(new Set(['a', 'c']));
    expect(scan('{}')).toEqual(new Set());
    expect(scan('[{"a":1}]')).toBeUndefined();
  });

  it('refuses members that are there twice, also where one is written with escapes, and says where', () => {
    expect(faultOf('{"a":1,"a":2}')).toBe('/a is there twice');
    expect(faultOf('{"x":[0,{"a/b":1,"\\u0061\\/b":2}]}')).toBe('/x/1/a~1b is there twice');
    const many = Array.from({ length: 1_000 }, (_, index) => `"n${index}":${index}`);
    expect(faultOf(`[{${many.join()}}]`)).toBeUndefined();
    expect(faultOf(`[{${many.join()},"n7":1}]`)).toBe('/0/n7 is there twice');
  });

  it('takes a name again in another object', () => {
    expect(faultOf('[{"a":{"a":{"a":1}},"b":{"a":1}},{"a":1,"b":{"a":2,"b":3},"c":1}]')).toBeUndefined();
  });

  it('refuses names that reach a prototype', () => {
    expect(faultOf('{"a":[{"__proto__":1}]}')).toBe('/a/0/__proto__ is no name to be used');
    expect(faultOf('{"\\u005f_proto__":1}')).toBe('/__proto__ is no name to be used');
    expect(faultOf('{"constructor":{"prototype":{}}}')).toBe('/constructor/prototype is no name to be used');
    expect(faultOf('{"constructor":"Bauer AG","prototype":1,"a":{"constructor":[{"prototype":2}]}}')).toBeUndefined();
  });

  it('counts levels and members', () => {
    expect(faultOf('['.repeat(64) + ']'.repeat(64))).toBeUndefined();
    expect(faultOf('['.repeat(65) + ']'.repeat(65))).toMatch(/deeper than 64/);
    expect(faultOf('[{"a":'.repeat(1_000_000))).toMatch(/deeper than 64/);
    expect(faultOf('{"a":[1,2],"b":3}', { depth: 2, members: 4 })).toBeUndefined();
    expect(faultOf('{"a":[1,2],"b":3}', { depth: 2, members: 3 })).toMatch(/more than 3 members/);
  });
});
