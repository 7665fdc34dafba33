import { describe, expect, it } from 'vitest';
import { KeyTemplateError } from './key-template.ts';
import { parseRateKey, resolveRateKey } from './rate-key.ts';

const request = { principal: 'key:k', address: '10.0.0.1' };
const resolve = (source: string, input: Record<string, unknown> = {}) =>
  resolveRateKey(parseRateKey(source), { input, request });

describe('the key of a rate limit', () => {
  it('knows who calls and from where without the input', () => {
    expect(parseRateKey('${request.principal} ${ request.address }').needsInput).toBe(false);
    expect(parseRateKey('all').needsInput).toBe(false);
    expect(JSON.parse(resolve('${request.principal}-$.request.address'))).toEqual([
      expect.any(String),
      'key:k',
      '10.0.0.1',
    ]);
  });

  it('knows the input as every key template does, also a field of it that is called request', () => {
    const source = '${workflow.input.request.principal}';
    expect(parseRateKey(source).needsInput).toBe(true);
    expect(JSON.parse(resolve(source, { request: { principal: 'said' } }))).toEqual([source, 'said']);
    expect(JSON.parse(resolve('${id}', { id: 7 }))).toEqual(['${id}', 7]);
  });

  it('is one and the same for all requests that lack a field', () => {
    expect(resolve('${a}-${b}', { a: 1 })).toBe(resolve('${a}-${b}', { b: null }));
  });

  it('names nothing else of the request', () => {
    for (const source of ['${request.ip}', '${request}', '${request.principal.x}', '${workflow.id}', '']) {
      expect(() => parseRateKey(source), source).toThrow(KeyTemplateError);
    }
  });
});
