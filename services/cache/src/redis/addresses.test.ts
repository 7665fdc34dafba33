import { expect, it } from 'vitest';
import { readAddresses } from './addresses.ts';

it('a list has the login of its first address', () => {
  expect(readAddresses('rediss://cache:p%2Fw@a:7001/2, rediss://x:y@b:7002,c,[::1]:7003')).toEqual({
    servers: [
      { host: 'a', port: 7_001 },
      { host: 'b', port: 7_002 },
      { host: 'c', port: 6_379 },
      { host: '::1', port: 7_003 },
    ],
    login: { username: 'cache', password: 'p/w', db: 2, tls: {} },
  });
});

it('one address without a login says nothing of one', () => {
  expect(readAddresses('redis://localhost')).toEqual({ servers: [{ host: 'localhost', port: 6_379 }], login: {} });
});

it('no address at all is refused', () => {
  expect(() => readAddresses(' , ')).toThrow('no address');
});
