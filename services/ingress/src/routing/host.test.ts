import { describe, expect, it } from 'vitest';
import { hostName } from './host.ts';

describe('a Host', () => {
  it.each([
    ['API.Example.com:8443', 'api.example.com'],
    ['api.example.com.', 'api.example.com'],
    ['api.example.com.:80', 'api.example.com'],
    ['api.example.com:', 'api.example.com'],
    ['[::1]:7080', '[::1]'],
    ['127.0.0.1', '127.0.0.1'],
    ['', ''],
  ])('%j is the name %j', (given, name) => {
    expect(hostName(given)).toBe(name);
  });

  it('that is none is malformed', () => {
    for (const odd of ['a b', 'a/b', 'user@a', 'a:b', 'a:1:2', '::1', '[::1', '[x]', 'a\\b', 'a?b', 'ü'])
      expect(() => hostName(odd), odd).toThrow(expect.objectContaining({ code: 'malformed-request' }));
  });
});
