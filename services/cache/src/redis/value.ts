import type { Entry } from '../store.ts';

/**
 * A stored value, as lua/settle.ts writes it, big-endian: format u8 (2); f64 each, ms by Redis's clock: fresh until, may be
 * given while another is made until, where none can be made until, made at; how long the run took f64; kind u8; coding
 * u8; then holder, entity tag and meta, each with its length u32 before it; the body. The holder's name is there to know
 * a repeated fill by. Format 1, of the release before, has: fresh until f64, holder, body.
 */
const FORMAT = 2;
const OLD_FORMAT = 1;
/** Bytes before the holder's length. */
export const HOLDER_AT = 43;
export const OLD_HOLDER_AT = 9;

/** Undefined when it is of another format, such as a newer release's, or nothing that was ever written here. */
export function decodeValue(stored: Buffer): Entry | undefined {
  try {
    if (stored[0] === FORMAT) return decode(stored);
    return stored[0] === OLD_FORMAT ? decodeOld(stored) : undefined;
  } catch (error) {
    // It is shorter than it says.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function decode(stored: Buffer): Entry | undefined {
  const [, etagAt] = textAt(stored, HOLDER_AT);
  const [etag, metaAt] = textAt(stored, etagAt);
  const [meta, bodyAt] = textAt(stored, metaAt);
  return {
    kind: stored[41] === 1 ? 'problem' : 'answer',
    coding: stored[42] as number,
    // A view, not a copy.
    body: stored.subarray(bodyAt),
    meta: meta.toString(),
    etag: etag.toString(),
    madeAt: stored.readDoubleBE(25),
    freshUntil: stored.readDoubleBE(1),
    whileRevalidateUntil: stored.readDoubleBE(9),
    ifErrorUntil: stored.readDoubleBE(17),
    runMs: stored.readDoubleBE(33),
  };
}

function decodeOld(stored: Buffer): Entry | undefined {
  const [, bodyAt] = textAt(stored, OLD_HOLDER_AT);
  const freshUntil = stored.readDoubleBE(1);
  const until = { freshUntil, whileRevalidateUntil: freshUntil, ifErrorUntil: freshUntil };
  const body = stored.subarray(bodyAt);
  return { kind: 'answer', coding: 0, body, meta: '', etag: '', madeAt: undefined, runMs: 0, ...until };
}

/** The bytes that stand after their length, and where they end. @throws {RangeError} */
function textAt(stored: Buffer, at: number): [text: Buffer, end: number] {
  const end = at + 4 + stored.readUInt32BE(at);
  if (end > stored.length) throw new RangeError('cut short');
  return [stored.subarray(at + 4, end), end];
}
