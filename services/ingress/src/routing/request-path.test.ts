import { describe, expect, it } from 'vitest';
import { parseRequestPath } from './request-path.ts';

describe('a request target', () => {
  it('is decoded segment by segment, once', () => {
    expect(parseRequestPath('/a/b%20c/%C3%BC?x=%20')).toEqual({
      path: '/a/b%20c/%C3%BC',
      segments: ['a', 'b c', 'ü'],
      query: 'x=%20',
    });
    expect(parseRequestPath('/a/%2Fetc%2F').segments).toEqual(['a', '/etc/']);
    expect(parseRequestPath('/a/%252F').segments).toEqual(['a', '%2F']);
  });

  it('may end in one slash; empty segments elsewhere stay', () => {
    expect(parseRequestPath('/a/').segments).toEqual(['a']);
    expect(parseRequestPath('/').segments).toEqual([]);
    expect(parseRequestPath('/a//').segments).toEqual(['a', '']);
    expect(parseRequestPath('//a').segments).toEqual(['', 'a']);
  });

  it('with a broken escape, dot segments or too many segments is malformed', () => {
    for (const url of ['/%', '/%zz', '/%C3', '/%ED%A0%80', '/a/../b', '/a/%2e%2E', '/.', `/${'a/'.repeat(100)}`]) {
      expect(() => parseRequestPath(url), url).toThrow(expect.objectContaining({ code: 'malformed-request' }));
    }
  });
});
