import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeFrame, FrameDecoder } from './frames.mjs';

// A lone surrogate has no UTF-8 form; JSON text, which is what travels, has none either.
const text = fc.string({ unit: 'grapheme' });

test('frames come out as they went in, however the stream is cut', () => {
  const frames = fc.array(fc.record({ head: fc.record({ kind: text, id: fc.nat() }), texts: fc.array(text) }));
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (sent, cuts) => {
      let bytes = Buffer.concat(sent.map(({ head, texts }) => encodeFrame(head, texts)));
      const decoder = new FrameDecoder(1_000_000);
      const received = [];
      for (let turn = 0; bytes.length > 0; turn++) {
        const cut = cuts[turn % cuts.length];
        received.push(...decoder.push(bytes.subarray(0, cut)));
        bytes = bytes.subarray(cut);
      }
      const plain = received.map(({ head: { lengths: _, ...head }, texts }) => ({ head, texts }));
      expect(plain).toEqual(sent);
    }),
  );
});

test('a frame longer than allowed is refused before it has arrived', () => {
  const decoder = new FrameDecoder(100);
  expect(() => decoder.push(encodeFrame({ kind: 'done' }, ['x'.repeat(200)]).subarray(0, 4))).toThrow('frame of');
});
