/**
 * A stored value, as `settle` in scripts.ts writes it, big-endian: format u8 (1), expiry f64 (ms since the epoch by
 * Redis's clock), length of the holder's name u32, the holder's name, the body. The holder's name is there to know a
 * repeated fill by.
 */
export interface StoredValue {
  expiresAt: number;
  /** A view, not a copy. */
  body: Uint8Array;
}

const FORMAT = 1;
const HEADER_BYTES = 13;

/** Undefined when it is of another format, such as a newer release's. */
export function decodeValue(stored: Buffer): StoredValue | undefined {
  if (stored.length < HEADER_BYTES || stored[0] !== FORMAT) return undefined;
  const bodyAt = HEADER_BYTES + stored.readUInt32BE(9);
  if (bodyAt > stored.length) return undefined;
  return { expiresAt: stored.readDoubleBE(1), body: stored.subarray(bodyAt) };
}
