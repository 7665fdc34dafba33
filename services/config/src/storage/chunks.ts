import { createHash } from 'node:crypto';
import { encodeJson } from '@rostrum/shared/messages';

/** Stands in the place of a value that is larger than a message: under which keys its chunks stand. */
interface Manifest {
  chunked: { bytes: number; size: number; sha256: string };
}

const mark = Buffer.from('{"chunked":');

/**
 * What to store for a value, in this order: chunks first, so that a manifest never names what is not there. Keys carry
 * the chunks' size: replicas that cut differently do not overwrite each other's.
 */
export function toChunks(key: string, value: Uint8Array, size: number): { key: string; value: Uint8Array }[] {
  if (value.length <= size) return [{ key, value }];
  const chunks = Array.from({ length: Math.ceil(value.length / size) }, (_, index) => ({
    key: `${key}.${size}-${index}`,
    value: value.subarray(index * size, (index + 1) * size),
  }));
  const manifest: Manifest = { chunked: { bytes: value.length, size, sha256: sha256(value) } };
  return [...chunks, { key, value: encodeJson(manifest) }];
}

/** The value that stands under a key; `get` reads one of its chunks. Undefined when one of them is gone. @throws when they do not fit. */
export async function fromChunks(
  key: string,
  stored: Uint8Array,
  get: (key: string) => Promise<Uint8Array | undefined>,
): Promise<Uint8Array | undefined> {
  if (!mark.equals(stored.subarray(0, mark.length))) return stored;
  const { bytes, size, sha256: digest } = (JSON.parse(Buffer.from(stored).toString()) as Manifest).chunked;
  const chunks: Uint8Array[] = [];
  for (let index = 0; index * size < bytes; index++) {
    const chunk = await get(`${key}.${size}-${index}`);
    if (!chunk) return undefined;
    chunks.push(chunk);
  }
  const value = Buffer.concat(chunks);
  if (sha256(value) !== digest) throw new Error(`the chunks of ${key} do not fit together`);
  return value;
}

function sha256(value: Uint8Array): string {
  return createHash('sha256').update(value).digest('base64url');
}
