import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeValue } from './value.ts';

const text = (of: string | Uint8Array) => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(of));
  return Buffer.concat([length, Buffer.from(of)]);
};
const numbers = (...of: number[]) => {
  const all = Buffer.alloc(8 * of.length);
  for (const [place, each] of of.entries()) all.writeDoubleBE(each, 8 * place);
  return all;
};
const current = (kind: number, times: number[], texts: string[], body: Uint8Array) =>
  Buffer.concat([Buffer.from([2]), numbers(...times), Buffer.from([kind, 7]), ...texts.map(text), body]);
const old = (format: number, freshUntil: number, holder: string, body: Uint8Array) =>
  Buffer.concat([Buffer.from([format]), numbers(freshUntil), text(holder), body]);
const whole = current(0, [1, 2, 3, 4, 5], ['holder', 'etag', 'meta'], Buffer.from('body'));

it('gives back times, tag, meta and body, whatever the holder is called', () => {
  const texts = fc.oneof(fc.string(), fc.constantFrom('ä\0', '\u{1f600}'));
  fc.assert(
    fc.property(fc.nat(1), texts, texts, texts, fc.uint8Array(), (kind, holder, etag, meta, body) => {
      const { body: read, ...others } = decodeValue(current(kind, [1, 2, 3, 4, 5], [holder, etag, meta], body)) ?? {};
      const times = { freshUntil: 1, whileRevalidateUntil: 2, ifErrorUntil: 3, madeAt: 4, runMs: 5 };
      expect(others).toEqual({ ...times, kind: kind === 1 ? 'problem' : 'answer', coding: 7, etag, meta });
      expect([...(read ?? [])]).toEqual([...body]);
    }),
  );
});

it('of the release before has one time alone, and nothing but its body', () => {
  const value = decodeValue(old(1, 9, 'h', Buffer.from('x')));
  expect(value).toMatchObject({ freshUntil: 9, whileRevalidateUntil: 9, ifErrorUntil: 9, madeAt: undefined, etag: '' });
  expect(Buffer.from(value?.body ?? []).toString()).toBe('x');
});

it('of another format, or cut inside of its head, is no value', () => {
  expect(decodeValue(old(3, 1, 'h', Buffer.from('x')))).toBeUndefined();
  const head = whole.length - 'body'.length;
  for (let length = 0; length < head; length++) expect(decodeValue(whole.subarray(0, length))).toBeUndefined();
  expect(decodeValue(whole)).toBeDefined();
});

it('whatever bytes there are, reading them ends', () => {
  const bytes = fc.uint8Array({ maxLength: 80 });
  fc.assert(fc.property(fc.nat(2), bytes, (format, rest) => void decodeValue(Buffer.from([format, ...rest]))));
});
