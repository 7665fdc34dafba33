import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyTemplateError, parseKeyTemplate, readKey, resolveKey } from './key-template.ts';

const resolve = (source: string, input: Record<string, unknown>) => resolveKey(parseKeyTemplate(source), input);

describe('a key template', () => {
  it('takes all three spellings of a field', () => {
    const input = { customerId: 'c1', order: { id: 7 } };
    for (const source of ['${workflow.input.customerId}', '${customerId}', '$.customerId', 'c-${ customerId }']) {
      expect(JSON.parse(resolve(source, input) as string)).toEqual([source, 'c1']);
    }
    expect(JSON.parse(resolve('$.order.id', input) as string)).toEqual(['$.order.id', 7]);
  });

  it('reads as it is written, with its values in their places', () => {
    const read = (source: string, input: Record<string, unknown>) => readKey(parseKeyTemplate(source), input);
    expect(read('c-${workflow.input.id}/$.n.m/${list}', { id: 'a$&', n: { m: 7 }, list: [1, 'x'] })).toBe(
      'c-a$&/7/[1,"x"]',
    );
    expect(read('${a}', {})).toBeUndefined();
  });

  it('may be a constant', () => {
    expect(resolve('all', {})).toBe('["all"]');
  });

  it('is undefined where the input lacks a field, has null there, or only inherits it', () => {
    expect(resolve('${a}', {})).toBeUndefined();
    expect(resolve('${a}', { a: null })).toBeUndefined();
    expect(resolve('${a.b}', { a: 'text' })).toBeUndefined();
    expect(resolve('${constructor}', {})).toBeUndefined();
    expect(resolve('${a.length}', { a: 'text' })).toBeUndefined();
  });

  it('refuses what it does not understand, saying what to write', () => {
    for (const source of ['', '  ', '${', '${}', '${workflow.output.x}', '${workflow.input}', '${a b}', 'x-${1}']) {
      expect(() => parseKeyTemplate(source), source).toThrow(KeyTemplateError);
    }
  });

  it('gives different texts for different values, however they are split', () => {
    const template = parseKeyTemplate('${a}-${b}');
    const value = fc.oneof(fc.string(), fc.integer(), fc.boolean());
    fc.assert(
      fc.property(value, value, value, value, (a, b, c, d) => {
        const same = a === c && b === d;
        expect(resolveKey(template, { a, b }) === resolveKey(template, { a: c, b: d })).toBe(same);
      }),
    );
    expect(resolveKey(template, { a: 'x-y', b: 'z' })).not.toBe(resolveKey(template, { a: 'x', b: 'y-z' }));
  });
});
