import { isUtf8 } from 'node:buffer';
import { Problem } from '@rostrum/shared/problems';
import { type Request, singleHeader } from './context.ts';

const MAX_DEPTH = 64;
const jsonType = /^application\/(?:json|[\w.+-]+\+json)\s*(?:;|$)/i;

/**
 * The request's body, parsed; undefined when there is none.
 *
 * @throws {Problem} unsupported-media-type, malformed-body, payload-too-large.
 */
export async function parseBody(request: Request): Promise<unknown> {
  const body = await request.readBody();
  if (body.length === 0) return undefined;
  const type = singleHeader(request, 'content-type');
  if (type === undefined || !jsonType.test(type)) {
    throw new Problem('unsupported-media-type', `The body's type is ${type ?? 'not named'}; send application/json.`);
  }
  const encoding = singleHeader(request, 'content-encoding') ?? 'identity';
  if (encoding !== 'identity') {
    throw new Problem(
      'unsupported-media-type',
      `Bodies encoded as ${encoding.slice(0, 50)} are not taken; send it as it is.`,
    );
  }
  const charset = /charset="?([^\s;"]+)/i.exec(type)?.[1] ?? 'utf-8';
  if (charset.toLowerCase() !== 'utf-8') {
    throw new Problem('unsupported-media-type', `JSON is UTF-8 (RFC 8259), not ${charset.slice(0, 50)}.`);
  }
  if (!isUtf8(body)) throw malformed('The body is not UTF-8.');
  if (depthExceeds(body, MAX_DEPTH)) throw malformed(`The body nests deeper than ${MAX_DEPTH} levels.`);
  try {
    return JSON.parse(body.toString());
  } catch (error) {
    // V8's message quotes the text around the fault: the caller's own.
    throw malformed(`The body is not valid JSON: ${(error as Error).message.slice(0, 200)}.`);
  }
}

function malformed(detail: string): Problem {
  return new Problem('malformed-body', detail, { errors: [{ pointer: '', detail }] });
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Counts brackets outside strings: before parsing, since a parser may recurse as deep as its input says. */
function depthExceeds(json: Buffer, limit: number): boolean {
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === QUOTE) {
      for (at++; at < json.length && json[at] !== QUOTE; at++) if (json[at] === BACKSLASH) at++;
    } else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > limit) return true;
    } else if (byte === 0x7d || byte === 0x5d) depth--;
  }
  return false;
}
