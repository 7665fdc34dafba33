import { plainAddress } from '@rostrum/service/networks';

/** How a connection begins: with a header of so many bytes, which may name its source; or not, or not yet. */
export type ProxyHeader = 'more' | 'none' | 'malformed' | { length: number; source?: string };

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const word = Buffer.from('PROXY ', 'latin1');
/** Longest header of version 1, its line end included. */
const MAX_LINE = 107;
/** Longest addresses and extras of version 2 that are taken. */
const MAX_LENGTH = 2_048;

/** Reads the header of HAProxy's PROXY protocol (proxy-protocol.txt, version 1 and 2) at the beginning of a connection. */
export function readProxyHeader(bytes: Buffer): ProxyHeader {
  if (begins(bytes, signature)) return bytes.length < 16 ? 'more' : readVersion2(bytes);
  if (begins(bytes, word)) return readVersion1(bytes);
  return 'none';
}

/** Whether these are the first bytes of it, as far as there are any. */
function begins(bytes: Buffer, what: Buffer): boolean {
  const length = Math.min(bytes.length, what.length);
  return bytes.subarray(0, length).equals(what.subarray(0, length));
}

function readVersion1(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, MAX_LINE).indexOf('\r\n');
  if (end < 0) return bytes.length < MAX_LINE ? 'more' : 'malformed';
  const line = bytes.toString('latin1', 0, end);
  const length = end + 2;
  if (line === 'PROXY UNKNOWN' || line.startsWith('PROXY UNKNOWN ')) return { length };
  const [, family, text = ''] = /^PROXY TCP([46]) (\S+) \S+ \d{1,5} \d{1,5}$/.exec(line) ?? [];
  const source = text.includes('%') || text.includes(':') !== (family === '6') ? undefined : plainAddress(text);
  return source === undefined ? 'malformed' : { length, source };
}

function readVersion2(bytes: Buffer): ProxyHeader {
  const [kind = 0, family = 0] = [bytes[12], bytes[13]];
  const length = 16 + bytes.readUInt16BE(14);
  if (kind >> 4 !== 2 || (kind & 15) > 1 || length > 16 + MAX_LENGTH) return 'malformed';
  if (bytes.length < length) return 'more';
  // 0: the proxy's own, such as a health check. Of what is no TCP over IP there is no address to be had.
  if ((kind & 15) === 0) return { length };
  if (family === 0x11) return length < 16 + 12 ? 'malformed' : { length, source: bytes.subarray(16, 20).join('.') };
  if (family !== 0x21) return { length };
  if (length < 16 + 36) return 'malformed';
  const groups = Array.from({ length: 8 }, (_, n) => bytes.readUInt16BE(16 + 2 * n).toString(16));
  const source = plainAddress(groups.join(':'));
  return source === undefined ? 'malformed' : { length, source };
}
