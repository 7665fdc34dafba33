import { BlockList, isIP, isIPv6, SocketAddress } from 'node:net';
import { z } from 'zod';

/** A setting: comma-separated addresses and networks. */
export function networks() {
  return z.string().transform((text, context): string[] => {
    const given = text.split(',').map((each) => each.trim());
    const named = given.filter((each) => each !== '');
    for (const each of named) {
      const [address = '', bits, ...more] = each.split('/');
      const most = isIP(address) === 6 ? 128 : 32;
      const fits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most);
      if (isIP(address) !== 0 && fits && more.length === 0) continue;
      context.addIssue({ code: 'custom', message: `${each} is neither an address nor a network such as 10.0.0.0/8` });
    }
    return named;
  });
}

/** Whether an address (see {@link plainAddress}) is one of these, or in one of these networks. */
export function amongNetworks(list: readonly string[]): (address: string) => boolean {
  if (list.length === 0) return () => false;
  const known = new BlockList();
  for (const each of list) {
    const [address = '', bits] = each.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    known.addSubnet(address, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family);
  }
  return (address) => isIP(address) !== 0 && known.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/**
 * An address in its one way of writing it, without a zone, as IPv4 where it is an IPv4 address in IPv6's clothes;
 * undefined for what is no address.
 */
export function plainAddress(text: string): string | undefined {
  const address = text.split('%', 1)[0] as string;
  if (!isIPv6(address)) return isIP(address) === 4 ? address : undefined;
  const canonical = new SocketAddress({ address, family: 'ipv6' }).address;
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(canonical)?.[1] ?? canonical;
}

/** What to count an address by: whoever has one IPv6 address has the 2^64 of its network. */
export function networkOf(address: string): string {
  const plain = plainAddress(address) ?? address;
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail ? tail.split(':') : [];
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length);
  const groups = [...front, ...Array.from({ length: zeros }, () => '0'), ...back].slice(0, 4);
  return `${groups.join(':')}::/64`;
}
