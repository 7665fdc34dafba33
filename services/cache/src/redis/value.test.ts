import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeValue } from './value.ts';

function encode(format: number, expiresAt: number, holder: string, body: Uint8Array): Buffer {
  const head = Buffer.alloc(13);
  head[0] = format;
  head.writeDoubleBE(expiresAt, 1);
  head.writeUInt32BE(Buffer.byteLength(holder), 9);
  return Buffer.concat([head, Buffer.from(holder), body]);
}

it('gives back expiry and body, whatever the holder is called', () => {
  fc.assert(
    fc.property(fc.nat(), fc.string({ unit: 'binary' }), fc.uint8Array(), (expiresAt, holder, body) => {
      const decoded = decodeValue(encode(1, expiresAt, holder, body));
      expect(decoded?.expiresAt).toBe(expiresAt);
      expect([...(decoded?.body ?? [])]).toEqual([...body]);
    }),
  );
});

it('of another format, or cut inside of its head, is no value', () => {
  expect(decodeValue(encode(2, 1, 'h', Buffer.from('x')))).toBeUndefined();
  const whole = encode(1, 1, 'holder', Buffer.alloc(0));
  for (let length = 0; length < whole.length; length++) expect(decodeValue(whole.subarray(0, length))).toBeUndefined();
  expect(decodeValue(whole)).toBeDefined();
});
