import { promisify } from 'node:util';
import { brotliCompress, constants, gzip, zstdCompress } from 'node:zlib';
import Negotiator from 'negotiator';
import type { Reply, Request } from '../pipeline/context.ts';

export const codings = ['zstd', 'br', 'gzip'] as const;
export type Coding = (typeof codings)[number];

export interface CompressionSettings {
  /** What answers may be compressed with, the one that is preferred first; none: nothing is compressed. */
  codings: readonly Coding[];
  /** Bodies from this size on (bytes). */
  fromBytes: number;
}

/** For bodies that are compressed once, so speed is worth more than the last percent. */
const BROTLI_QUALITY = 4;
const compressors: Record<Coding, (body: Uint8Array) => Promise<Buffer>> = {
  zstd: promisify(zstdCompress),
  br: (body) => {
    const params = {
      [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: body.length,
    };
    return promisify(brotliCompress)(body, { params });
  },
  gzip: promisify(gzip),
};
/** At the same time: libuv has four threads, which names and files need too. Who comes then gets the body as it is. */
const AT_ONCE = 8;
/** Images, archives and the like are compressed by themselves. */
const compressible =
  /^(?:text\/|application\/(?:[\w.+-]*\+)?(?:json|xml)\b|application\/javascript\b|image\/svg\+xml\b)/i;

/** Compresses answers (RFC 9110, section 8.4) for those who say that they take it; off the event loop. */
export function createCompressor({ codings: offered, fromBytes }: CompressionSettings) {
  const choices = [...offered, 'identity'];
  let running = 0;
  return async (request: Request, reply: Reply): Promise<Reply> => {
    const { body, headers, status } = reply;
    if (offered.length === 0) return reply;
    // A 304 says what its 200 would have said (RFC 9110, section 15.4.5).
    if (status === 304) return { ...reply, headers: varied(headers) };
    if (!body || body.length < fromBytes || !mayChange(headers)) return reply;
    const coding = new Negotiator(request).encoding(choices, { preferred: choices });
    const plain = { ...reply, headers: varied(headers) };
    if (coding === undefined || coding === 'identity' || running >= AT_ONCE) return plain;
    running += 1;
    try {
      const compressed = await compressors[coding as Coding](body);
      if (compressed.length >= body.length) return plain;
      return {
        ...reply,
        body: compressed,
        headers: { ...varied(headers), ...weakened(headers), 'content-encoding': coding },
      };
    } finally {
      running -= 1;
    }
  };
}

function mayChange(headers: Reply['headers']): boolean {
  if (headers['content-encoding'] !== undefined) return false;
  if (/\bno-transform\b/i.test(headers['cache-control'] ?? '')) return false;
  return compressible.test(headers['content-type'] ?? '');
}

/** Also where it is not compressed: a cache on the way must know that others get another body. */
function varied(headers: Reply['headers']): Reply['headers'] {
  const vary = headers['vary'];
  if (vary !== undefined && /(?:^|,)\s*(?:\*|accept-encoding)\s*(?:,|$)/i.test(vary)) return headers;
  return { ...headers, vary: vary ? `${vary}, Accept-Encoding` : 'Accept-Encoding' };
}

/** A strong tag is of one body, byte for byte (RFC 9110, section 8.8.3.3). */
function weakened({ etag }: Reply['headers']): Reply['headers'] {
  return etag?.startsWith('"') ? { etag: `W/${etag}` } : {};
}
