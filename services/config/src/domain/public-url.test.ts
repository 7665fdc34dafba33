import { expect, it } from 'vitest';
import { publicUrlOf } from './public-url.ts';

it('a service is reached under the first of its host names, by the scheme and port of the public URL', () => {
  const hosts = ['api.example.com', 'other.example.com'];
  expect(publicUrlOf({ hosts }, 'http://127.0.0.1:7080')).toBe('http://api.example.com:7080');
  expect(publicUrlOf({ hosts }, 'https://gw.example.com/rostrum')).toBe('https://api.example.com/rostrum');
  expect(publicUrlOf({}, 'https://gw.example.com')).toBe('https://gw.example.com');
});
