import { createHash, hash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/**
 * API keys are kept as `<digest key's id>:<HMAC-SHA256, base64url>`. The digest key is one of its own, which config
 * and ingresses hold: whoever reads the configuration alone cannot try keys against it.
 */
export interface DigestKey {
  id: string;
  secret: Buffer;
}

/** @throws {Error} saying what the text has to look like: `<id>:<base64 of 32 bytes>`. */
export function parseDigestKey(text: string): DigestKey {
  const [, id, encoded] = /^([A-Za-z0-9_-]+):([A-Za-z0-9+/]+=*)$/.exec(text) ?? [];
  const secret = Buffer.from(encoded ?? '', 'base64');
  if (id === undefined || secret.length < 32) throw new Error('has to be <id>:<base64 of at least 32 bytes>');
  return { id, secret };
}

/** The digest key as a setting; config and every ingress need the same one. */
export const digestKeySetting = z
  .string('is required: <id>:<base64 of 32 bytes>')
  .transform((text, context): DigestKey => {
    try {
      return parseDigestKey(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
      return z.NEVER;
    }
  });

/** The digest that is stored for an API key. */
export function digestApiKey(key: string, { id, secret }: DigestKey): string {
  return `${id}:${hmac(secret, key)}`;
}

/** Bytes in a block of SHA-256. */
const BLOCK = 64;
const pads = new WeakMap<Buffer, [inner: Buffer, outer: Buffer]>();

/** HMAC-SHA256 (RFC 2104), base64url. By `hash`, since `createHmac` takes four times as long, which every request would pay. */
function hmac(secret: Buffer, text: string): string {
  let pad = pads.get(secret);
  if (!pad) {
    const block = Buffer.alloc(BLOCK);
    (secret.length > BLOCK ? hash('sha256', secret, 'buffer') : secret).copy(block);
    pad = [block.map((byte) => byte ^ 0x36), block.map((byte) => byte ^ 0x5c)] as [Buffer, Buffer];
    pads.set(secret, pad);
  }
  const inner = hash('sha256', Buffer.concat([pad[0], Buffer.from(text)]), 'buffer');
  return hash('sha256', Buffer.concat([pad[1], inner]), 'base64url');
}

/** Whether a digest is among those stored; the time taken does not tell which one, nor how much of it, was alike. */
export function isAmongDigests(digest: string, stored: readonly string[]): boolean {
  const candidate = Buffer.from(digest);
  let found = false;
  for (const each of stored) {
    const other = Buffer.from(each);
    if (other.length === candidate.length && timingSafeEqual(other, candidate)) found = true;
  }
  return found;
}

/** SHA-256 of texts or bytes whose borders count, base64url: ('a', 'bc') and ('ab', 'c') differ. */
export function digestOf(...texts: (string | Uint8Array)[]): string {
  const all = createHash('sha256');
  for (const each of texts) all.update(`${Buffer.byteLength(each)}:`).update(each);
  return all.digest('base64url');
}
