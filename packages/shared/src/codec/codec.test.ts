import { rounds } from '@rostrum/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cacheAnswer, execute } from '../messages/index.ts';
import { CodecError } from './errors.ts';
import { decodeMessage, encodeMessage, type Message } from './frame.ts';
import { bytes, flag, number, oneOf, record, since, text, u32 } from './record.ts';
import { CURRENT, PREVIOUS, WRITTEN } from './version.ts';

const anyText = fc.string({ unit: 'binary' });
/** Any UTF-16, lone surrogates included. */
const brokenText = fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units));
const anyBytes = fc.uint8Array({ maxLength: 300 });

const sample = record({
  name: text,
  body: bytes,
  count: u32,
  at: number,
  on: flag,
  word: oneOf(['one', 'two', 'three']),
  later: since(4, text, 'fallback'),
});
const sampleValue = fc.record({
  name: fc.oneof(anyText, brokenText),
  body: anyBytes,
  count: fc.nat(0xffff_ffff),
  at: fc.double({ noNaN: true }),
  on: fc.boolean(),
  word: fc.constantFrom('one' as const, 'two' as const, 'three' as const),
  later: anyText,
});
const plain = <T extends { body: Uint8Array }>(value: T) => ({ ...value, body: [...value.body] });

describe('a record', () => {
  it('decodes to what was encoded, for any value', () => {
    fc.assert(
      fc.property(sampleValue, (value) => {
        expect(plain(sample.decode(sample.encode(value, CURRENT)))).toEqual(plain(value));
      }),
    );
  });

  it('of the previous codec version is read, with the fallback of what it did not have', () => {
    fc.assert(
      fc.property(sampleValue, (value) => {
        const decoded = sample.decode(sample.encode(value, PREVIOUS));
        expect(plain(decoded)).toEqual(plain({ ...value, later: 'fallback' }));
      }),
    );
  });

  it('is written in the lowest version that holds it', () => {
    const { later: _, ...value } = { ...fc.sample(sampleValue, 1)[0]! };
    expect(sample.encode(value)[0]).toBe(WRITTEN);
    expect(sample.encode({ ...value, later: 'fallback' })).toEqual(sample.encode(value));
    expect(sample.encode({ ...value, later: 'more' })[0]).toBe(CURRENT);
  });

  it('cut short anywhere is a CodecError', () => {
    fc.assert(
      fc.property(sampleValue, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (value, part) => {
        const encoded = sample.encode(value);
        expect(() => sample.decode(encoded.subarray(0, Math.floor(encoded.length * part)))).toThrow(CodecError);
      }),
    );
  });

  it('of arbitrary bytes is a value or a CodecError, never anything else', () => {
    fc.assert(
      fc.property(anyBytes, (noise) => {
        for (const codec of [sample, execute, cacheAnswer]) {
          try {
            codec.decode(noise);
          } catch (error) {
            expect(error).toBeInstanceOf(CodecError);
          }
        }
      }),
    );
  });
});

const messageParts = fc.record({
  kind: fc.constantFrom('request' as const, 'answer' as const),
  header: fc.record({ sender: anyText, sentAt: fc.double({ noNaN: true }) }),
  items: fc.array(anyBytes, { maxLength: 6 }),
});
const asArrays = (items: Message['items']) =>
  items.map((item) => (item instanceof CodecError ? item.fault : [...item]));

describe('a message', () => {
  it('decodes to what was encoded, in the current and the previous version', () => {
    fc.assert(
      fc.property(messageParts, fc.constantFrom<3 | 4>(PREVIOUS, CURRENT), ({ kind, header, items }, version) => {
        const decoded = decodeMessage(encodeMessage(kind, header, items, version));
        expect({ ...decoded, items: asArrays(decoded.items) }).toEqual({
          version,
          kind,
          header,
          items: items.map((i) => [...i]),
        });
      }),
    );
  });

  it('of any other version is refused as such', () => {
    for (const version of [0, 1, PREVIOUS - 1, CURRENT + 1, 255]) {
      const message = encodeMessage('request', { sender: 's', sentAt: 1 }, []);
      message[0] = version;
      expect(() => decodeMessage(message)).toThrow(expect.objectContaining({ fault: 'version' }));
    }
  });

  it('with one changed byte is refused whole, or has one item refused and the others intact', () => {
    fc.assert(
      fc.property(messageParts, fc.nat(), fc.integer({ min: 1, max: 255 }), ({ kind, header, items }, where, mask) => {
        const message = encodeMessage(kind, header, items);
        // The kind is one of two and carries no checksum: what is wrong with it shows in the items.
        const at = where % message.length;
        if (at === 1) return;
        message[at] = (message[at] as number) ^ mask;
        try {
          const decoded = decodeMessage(message);
          if (decoded.version !== WRITTEN) return;
          const refused = decoded.items.filter((item) => item instanceof CodecError);
          expect(refused).toHaveLength(1);
          // A frame whose length was changed may swallow others whole: those after it are intact, counted from the end.
          const swallowed = items.length - decoded.items.length;
          const place = decoded.items.findIndex((item) => item instanceof CodecError);
          for (const [index, item] of decoded.items.entries()) {
            if (item instanceof CodecError) continue;
            expect([...item]).toEqual([...(items[index < place ? index : index + swallowed] as Uint8Array)]);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(CodecError);
        }
      }),
      { numRuns: 500 * rounds },
    );
  });

  it('cut short is refused, or ends with fewer items', () => {
    fc.assert(
      fc.property(messageParts, fc.nat(), ({ kind, header, items }, where) => {
        const message = encodeMessage(kind, header, items);
        try {
          const decoded = decodeMessage(message.subarray(0, where % message.length));
          expect(decoded.items.length).toBeLessThan(items.length);
        } catch (error) {
          expect(error).toBeInstanceOf(CodecError);
        }
      }),
    );
  });
});
