import { promisify } from 'node:util';
import { brotliDecompress, constants, gunzip, zstdDecompress } from 'node:zlib';
import { Problem } from '@rostrum/shared/problems';
import type { Request } from './context.ts';

type Expand = (body: Buffer, limit: number) => Promise<Buffer>;

const [unzip, unbrotli, unzstd] = [promisify(gunzip), promisify(brotliDecompress), promisify(zstdDecompress)];
/** Frames may ask for windows of gigabytes; RFC 8878, section 3.1.1.1.2, has decoders take 8 MB. */
const zstdWindow = { [constants.ZSTD_d_windowLogMax]: 23 };
/** They run in libuv's threads, and stop at the limit. */
const expanders: Readonly<Record<string, Expand>> = {
  gzip: (body, maxOutputLength) => unzip(body, { maxOutputLength }),
  // The same (RFC 9110, section 8.4.1.3).
  'x-gzip': (body, maxOutputLength) => unzip(body, { maxOutputLength }),
  br: (body, maxOutputLength) => unbrotli(body, { maxOutputLength }),
  zstd: (body, maxOutputLength) => unzstd(body, { maxOutputLength, params: zstdWindow }),
};
/** Nobody encodes a body more often. */
const MAX_CODINGS = 3;

/**
 * The body with its `Content-Encoding` undone (RFC 9110, section 8.4): codings are listed in the order of their applying.
 *
 * @throws {Problem} unsupported-media-type, payload-too-large when it, or what is in between, expands to more than
 * `limit` bytes; malformed-body.
 */
export async function expandBody(request: Request, body: Buffer, limit: number): Promise<Buffer> {
  const header = request.headers['content-encoding'];
  if (header === undefined) return body;
  const codings = String(header)
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim());
  const applied = codings.filter((coding) => coding !== '' && coding !== 'identity');
  if (applied.length > MAX_CODINGS) throw unsupported(`Bodies encoded more than ${MAX_CODINGS} times are not taken.`);
  let expanded = body;
  for (const coding of applied.toReversed()) expanded = await expand(expanded, coding, limit);
  return expanded;
}

async function expand(body: Buffer, coding: string, limit: number): Promise<Buffer> {
  const expander = Object.hasOwn(expanders, coding) ? expanders[coding] : undefined;
  if (!expander) {
    throw unsupported(
      `Bodies encoded as ${coding.slice(0, 50)} are not taken; send it as it is, or as gzip, br or zstd.`,
    );
  }
  try {
    return await expander(body, limit);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new Problem('payload-too-large', `The body expands to more than ${limit} bytes.`);
    }
    const detail = `The body is not encoded as ${coding}, or ends too soon.`;
    throw new Problem('malformed-body', detail, { errors: [{ pointer: '', detail }] }, error);
  }
}

function unsupported(detail: string): Problem {
  return new Problem('unsupported-media-type', detail, { acceptEncoding: 'gzip, br, zstd' });
}
