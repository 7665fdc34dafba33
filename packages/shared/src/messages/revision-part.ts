import { z } from 'zod';
import { decodeJson, encodeJson, revisionPage } from './config.ts';

/**
 * One part of one revision, whatever its size: what is larger than a message comes in pages. `ask` sends one request
 * to the part's subject. Undefined when the revision is gone. @throws what `ask` throws, or when a page does not fit.
 */
export async function fetchPart(
  ask: (payload: Buffer) => Promise<Uint8Array>,
  named: { service: string; revision: number },
): Promise<unknown> {
  const first = decodeJson(z.unknown(), await ask(encodeJson({ ...named, from: 0 })));
  let page = revisionPage.safeParse(first).data;
  if (!page) return first ?? undefined;
  const { bytes } = page;
  const chunks: Buffer[] = [];
  for (let from = 0; ; ) {
    const chunk = Buffer.from(page.page, 'base64');
    if (page.bytes !== bytes || chunk.length === 0) throw new Error('a revision changed while it was read');
    chunks.push(chunk);
    from += chunk.length;
    if (from >= bytes) return JSON.parse(Buffer.concat(chunks).toString()) as unknown;
    const answer = decodeJson(revisionPage.nullable(), await ask(encodeJson({ ...named, from })));
    // It was swept meanwhile.
    if (!answer) return undefined;
    page = answer;
  }
}
