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

  it('may not end in a slash where that is the setting, but for the root', () => {
    expect(parseRequestPath('/a/', 'strict').segments).toEqual(['a', '']);
    expect(parseRequestPath('/a?b=/', 'strict').segments).toEqual(['a']);
    expect(parseRequestPath('/', 'strict').segments).toEqual([]);
  });

  it('may be a whole URL, whose host then counts', () => {
    expect(parseRequestPath('http://h.example:80/a/b?c=d')).toEqual({
      ...{ path: '/a/b', segments: ['a', 'b'], query: 'c=d', authority: 'h.example:80' },
    });
    expect(parseRequestPath('HTTPS://h.example')).toMatchObject({ path: '/', segments: [], authority: 'h.example' });
    expect(parseRequestPath('http://h.example?c')).toMatchObject({ segments: [], query: 'c' });
  });

  it.each([
    ['broken escapes', ['/%', '/%zz', '/%C3', '/%ED%A0%80', '/a%2', '/%u0041', '/%FF', '/%C0%AF', '/%C0%AE%C0%AE']],
    ['dot segments', ['/a/../b', '/.', '/a/..', '/a/%2e%2E', '/%2e', '/a/.%2e/b', '/./a', '/a/.?x']],
    ['dot segments behind encoded slashes', ['/a%2F..%2Fb', '/..%2fb', '/%2e%2e%5cb', '/a%5C.%5c', '/a%2F..']],
    ['control characters', ['/a%00', '/%0d%0aX:1', '/%7F', '/%1b', '/%C2%85', '/a\tb', '/a\0']],
    ['what has to be escaped', ['/a\\b', '/a b', '/ü', '/a#b', '/a?b#c', '/a?\\', '/\x80']],
    ['what is no path', ['a', '', '*', 'h.example:80', '//h@x/../', 'ftp://h.example/', 'http:///a', 'http:a']],
    ['more than 64 segments', [`/${'a/'.repeat(65)}`]],
  ])('is malformed by %s', (_what, targets) => {
    for (const target of targets) {
      expect(() => parseRequestPath(target), target).toThrow(expect.objectContaining({ code: 'malformed-request' }));
    }
  });

  it('may have dots, slashes and backslashes that mean nothing', () => {
    expect(parseRequestPath('/...').segments).toEqual(['...']);
    expect(parseRequestPath('/..a/b..c/.well-known').segments).toEqual(['..a', 'b..c', '.well-known']);
    expect(parseRequestPath('/domain%5Cuser').segments).toEqual(['domain\\user']);
    expect(parseRequestPath('/%252e%252e').segments, 'decoded once').toEqual(['%2e%2e']);
  });
});
