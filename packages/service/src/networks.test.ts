import { describe, expect, it } from 'vitest';
import { amongNetworks, networkOf, networks, plainAddress } from './networks.ts';

describe('an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['192.0.2.1:80', undefined],
    ['192.0.2', undefined],
    ['0300.0.2.1', undefined],
    ['localhost', undefined],
    ['', undefined],
  ])('%j is %j', (text, plain) => expect(plainAddress(text)).toBe(plain));

  it('is counted by its network where it is one of IPv6', () => {
    expect(networkOf('2001:db8:0:1::5')).toBe(networkOf('2001:db8::1:ffff:0:0:9'));
    expect(networkOf('2001:db8:0:1::5')).not.toBe(networkOf('2001:db8:0:2::5'));
    expect(networkOf('::ffff:192.0.2.1')).toBe('192.0.2.1');
    expect(networkOf('')).toBe('');
  });
});

describe('networks', () => {
  it('hold what is in them, in whatever clothes', () => {
    const among = amongNetworks(['10.0.0.0/8', '192.0.2.1', '2001:db8::/32', '::1']);
    for (const inside of ['10.255.0.1', '192.0.2.1', '2001:db8:ffff::1', '::1', '::ffff:10.0.0.1'])
      expect(among(inside), inside).toBe(true);
    for (const outside of ['11.0.0.1', '192.0.2.2', '2001:db9::1', '::2', '', 'x', '10.0.0.1, 10.0.0.2'])
      expect(among(outside), outside).toBe(false);
    expect(amongNetworks([])('10.0.0.1')).toBe(false);
  });

  it('are read from a setting, each fault named', () => {
    expect(networks().parse(' 10.0.0.0/8, ::1 ,')).toEqual(['10.0.0.0/8', '::1']);
    for (const wrong of ['10.0.0.0/33', 'example.com', '10.0.0.0/8/8', '::1/129', '10.0.0.0/x'])
      expect(() => networks().parse(wrong), wrong).toThrow(/neither an address nor a network/);
  });
});
