import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readProxyHeader } from './proxy-protocol.ts';

const signature = [0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
const version2 = (kind: number, family: number, data: number[]) =>
  Buffer.from([...signature, kind, family, data.length >> 8, data.length & 255, ...data]);
const four = [198, 51, 100, 1, 10, 0, 0, 1, 1, 2, 3, 4];
const six = [0x20, 1, 0xd, 0xb8, ...Array.from({ length: 11 }, () => 0), 1, ...Array.from({ length: 20 }, () => 9)];

describe('a header of version 1', () => {
  const read = (text: string) => readProxyHeader(Buffer.from(text));
  it.each([
    ['PROXY TCP4 198.51.100.1 10.0.0.1 4711 80\r\nGET /', { length: 42, source: '198.51.100.1' }],
    ['PROXY TCP6 2001:DB8::1 ::1 4711 80\r\n', { length: 36, source: '2001:db8::1' }],
    ['PROXY TCP6 ::ffff:198.51.100.1 ::1 4711 80\r\n', { length: 44, source: '198.51.100.1' }],
    ['PROXY UNKNOWN\r\n', { length: 15 }],
    ['PROXY UNKNOWN ff:ff::1 ::1 1 2\r\n', { length: 32 }],
    ['PROXY TCP4 198.51.100.1 10.0.0.1', 'more'],
    ['P', 'more'],
    ['PROXY TCP4 2001:db8::1 10.0.0.1 1 2\r\n', 'malformed'],
    ['PROXY TCP4 nobody 10.0.0.1 1 2\r\n', 'malformed'],
    ['PROXY TCP4 198.51.100.1\r\n', 'malformed'],
    ['PROXY UDP4 198.51.100.1 10.0.0.1 1 2\r\n', 'malformed'],
    [`PROXY ${'x'.repeat(200)}\r\n`, 'malformed'],
    ['POST / HTTP/1.1\r\n', 'none'],
    ['', 'more'],
  ])('%j', (text, expected) => expect(read(text)).toEqual(expected));
});

describe('a header of version 2', () => {
  it('names the source of TCP over IPv4 and IPv6, whatever else is in it', () => {
    expect(readProxyHeader(version2(0x21, 0x11, four))).toEqual({ length: 28, source: '198.51.100.1' });
    expect(readProxyHeader(version2(0x21, 0x21, six))).toEqual({ length: 52, source: '2001:db8::1' });
    expect(readProxyHeader(version2(0x21, 0x11, [...four, 3, 0, 4, 1, 2, 3, 4]))).toMatchObject({ length: 35 });
  });

  it('of the proxy’s own, or of what has no address, names none', () => {
    expect(readProxyHeader(version2(0x20, 0, []))).toEqual({ length: 16 });
    expect(readProxyHeader(version2(0x20, 0x11, four))).toEqual({ length: 28 });
    expect(readProxyHeader(version2(0x21, 0, []))).toEqual({ length: 16 });
    expect(
      readProxyHeader(
        version2(
          0x21,
          0x31,
          Array.from({ length: 216 }, () => 1),
        ),
      ),
    ).toEqual({ length: 232 });
  });

  it('of another version, too short or too long, is malformed', () => {
    for (const bytes of [
      version2(0x11, 0x11, four),
      version2(0x22, 0x11, four),
      version2(0x21, 0x11, four.slice(1)),
      version2(0x21, 0x21, four),
      version2(
        0x21,
        0x11,
        Array.from({ length: 5_000 }, () => 0),
      ),
    ])
      expect(readProxyHeader(bytes)).toBe('malformed');
  });
});

it('a header that comes in pieces is read when it is whole, and any bytes are read', () => {
  for (const whole of [version2(0x21, 0x11, four), Buffer.from('PROXY TCP4 198.51.100.1 10.0.0.1 1 2\r\n')]) {
    for (let end = 0; end < whole.length; end++) expect(readProxyHeader(whole.subarray(0, end))).toBe('more');
    expect(readProxyHeader(whole)).toMatchObject({ source: '198.51.100.1' });
  }
  const any = fc.tuple(fc.constantFrom('', 'PROXY ', String.fromCharCode(...signature)), fc.uint8Array());
  fc.assert(
    fc.property(any, ([beginning, rest]) => {
      const bytes = Buffer.concat([Buffer.from(beginning, 'latin1'), rest]);
      const header = readProxyHeader(bytes);
      if (typeof header === 'object') expect(header.length).toBeLessThanOrEqual(bytes.length);
    }),
  );
});
