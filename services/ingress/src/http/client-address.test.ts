import { amongNetworks } from '@rostrum/service/networks';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientAddress } from './client-address.ts';
import type { ForwardedHeader } from './forwarded.ts';

const trusted = amongNetworks(['10.0.0.0/8', '2001:db8:1::/48']);
const from =
  (header: ForwardedHeader) =>
  (said: string | undefined, peer = '10.0.0.1') =>
    clientAddress(peer, said, header, trusted);

describe('X-Forwarded-For', () => {
  const address = from('x-forwarded-for');

  it('of who is no trusted proxy is not read', () => {
    expect(address('198.51.100.1', '192.0.2.1')).toBe('192.0.2.1');
    expect(address('198.51.100.1', '')).toBe('');
  });

  it.each([
    ['of one proxy names who called it', '198.51.100.1', '198.51.100.1'],
    ['that a client began is believed from its end', '1.1.1.1, 198.51.100.1', '198.51.100.1'],
    ['goes back through trusted proxies', '198.51.100.1, 10.0.0.3, 10.0.0.2', '198.51.100.1'],
    ['through no other', '203.0.113.1, 198.51.100.1, 10.0.0.2', '198.51.100.1'],
    ['of trusted proxies alone names the first of them', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['may be of IPv6, with a port, in other clothes', '[2001:db8:2::1]:443', '2001:db8:2::1'],
    ['of IPv6 without brackets', '2001:DB8:2:0::1', '2001:db8:2::1'],
    ['of IPv4 with a port', '198.51.100.1:4711', '198.51.100.1'],
    ['of IPv4 in IPv6', '1.1.1.1, ::ffff:198.51.100.1, ::ffff:10.0.0.2', '198.51.100.1'],
    ['that is garbage is ignored', 'unknown', '10.0.0.1'],
    ['behind garbage nothing is believed', '1.1.1.1, nonsense, 10.0.0.2', '10.0.0.2'],
    ['that is empty is ignored', '', '10.0.0.1'],
    ['that ends in a comma is garbage', '1.1.1.1,', '10.0.0.1'],
  ])('%s', (_what, said, expected) => expect(address(said)).toBe(expected));
});

describe('Forwarded', () => {
  const address = from('forwarded');

  it.each([
    ['names who called', 'for=198.51.100.1', '198.51.100.1'],
    ['in any case, among other things', 'By=10.0.0.1; FOR=198.51.100.1;proto=https;host="a;b,c"', '198.51.100.1'],
    ['in quotes, with a port', 'for="198.51.100.1:4711"', '198.51.100.1'],
    ['of IPv6', 'for="[2001:db8:2::1]:4711"', '2001:db8:2::1'],
    ['by several proxies', 'for=1.1.1.1, for=198.51.100.1;by=x, for="[2001:db8:1::2]"', '198.51.100.1'],
    ['with escapes', 'for="198.51.100.\\1"', '198.51.100.1'],
    ['hidden, or unknown, is not believed', 'for=1.1.1.1, for=_hidden', '10.0.0.1'],
    ['without for', 'for=1.1.1.1, proto=https', '10.0.0.1'],
    [
      'a quote that a client leaves open hides nothing of what a proxy adds',
      'for="1.1.1.1, for=198.51.100.1',
      '198.51.100.1',
    ],
    ['nor does one that the proxy’s own closes', 'for=1.1.1.1;x=", for="[2001:db8:2::1]"', '10.0.0.1'],
    ['with a broken pair', 'for=1.1.1.1;=, for=1.1.1.1;x', '10.0.0.1'],
  ])('%s', (_what, said, expected) => expect(address(said)).toBe(expected));

  it('of any length is read in no time', () => {
    for (const said of ['"\\'.repeat(8_000), '";'.repeat(8_000), 'for="'.repeat(3_000), ','.repeat(16_000)]) {
      const began = performance.now();
      expect(address(`${said}, for=198.51.100.1`)).toMatch(/^198\.51\.100\.1$|^10\.0\.0\.1$/);
      expect(performance.now() - began).toBeLessThan(200);
    }
  });
});

it('whatever is said, the address is one, and the last untrusted one is not passed by', () => {
  const node = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string(), fc.constant('10.0.0.7'));
  const lists = fc.array(node, { maxLength: 6 });
  fc.assert(
    fc.property(lists, (nodes) => {
      const result = from('x-forwarded-for')([...nodes, '198.51.100.1', '10.0.0.2'].join(', '));
      expect(result).toBe('198.51.100.1');
    }),
  );
});
