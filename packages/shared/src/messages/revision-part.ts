import { decodeJson, encodeJson, revisionPage } from './config.ts';

type Ask = (payload: Buffer) => Promise<Uint8Array>;
interface Named {
  service: string;
  revision: number;
}

/** {@link fetchPartBytes}, parsed. */
export async function fetchPart(ask: Ask, named: Named): Promise<unknown> {
  const bytes = await fetchPartBytes(ask, named);
  return bytes && (JSON.parse(bytes.toString()) as unknown);
}

/**
 * One part of one revision as JSON, whatever its size: what is larger than a message comes in pages. `ask` sends one
 * request to the part's subject. Undefined when the revision is gone. @throws what `ask` throws, or when a page does
 * not fit.
 */
export async function fetchPartBytes(ask: Ask, named: Named): Promise<Buffer | undefined> {
  const first = await ask(encodeJson({ ...named, from: 0 }));
  const whole = Buffer.from(first.buffer, first.byteOffset, first.byteLength);
  if (whole.equals(gone)) return undefined;
  // Told by how it begins: a part is not parsed here.
  if (!whole.subarray(0, pageStart.length).equals(pageStart)) return whole;
  let page = decodeJson(revisionPage, whole);
  const { bytes } = page;
  // Filled page by page: no single step of a large one takes long.
  const part = Buffer.allocUnsafe(bytes);
  for (let from = 0; ; ) {
    const written = part.write(page.page, from, 'base64');
    if (page.bytes !== bytes || written === 0) throw new Error('a revision changed while it was read');
    from += written;
    if (from >= bytes) return part;
    const answer = decodeJson(revisionPage.nullable(), await ask(encodeJson({ ...named, from })));
    // It was swept meanwhile.
    if (!answer) return undefined;
    page = answer;
  }
}

/** What {@link encodeJson} makes of no revision, and how a page begins. */
const gone = encodeJson(null);
const pageStart = Buffer.from('{"page":');
