import { isUtf8 } from 'node:buffer';
import { Problem } from '@rostrum/shared/problems';
import { type Request, singleHeader } from './context.ts';
import { expandBody } from './expand-body.ts';
import { JsonFault, scanJson } from './scan-json.ts';
import { parseForm } from './url-encoded.ts';

export interface BodyLimits {
  /** Of a body whose `Content-Encoding` is undone. */
  expandedBytes: number;
  /** See JsonLimits; of a form, its parameters. */
  members: number;
}

/** JSON text, and the names of its members where it is an object. */
export interface JsonBody {
  text: string;
  names: ReadonlySet<string> | undefined;
}

export interface Body {
  /** How long it is, expanded (bytes). */
  size: number;
  /** Undefined for a form. */
  json: JsonBody | undefined;
  value(): unknown;
}

const MAX_DEPTH = 64;
const jsonType = /^application\/(?:json|[\w.+-]+\+json)\s*(?:;|$)/i;
const formType = /^application\/x-www-form-urlencoded\s*(?:;|$)/i;

/**
 * The request's body, read and checked; undefined when there is none.
 *
 * @throws {Problem} unsupported-media-type, malformed-body, payload-too-large.
 */
export async function parseBody(request: Request, limits: BodyLimits): Promise<Body | undefined> {
  const encoded = await request.readBody();
  if (encoded.length === 0) return undefined;
  const type = singleHeader(request, 'content-type');
  const isForm = type !== undefined && formType.test(type);
  if (type === undefined || !(isForm || jsonType.test(type))) {
    const given = type === undefined ? 'not named' : type.slice(0, 100);
    const taken = 'application/json or application/x-www-form-urlencoded';
    throw new Problem('unsupported-media-type', `The body's type is ${given}; send ${taken}.`);
  }
  const charset = /;\s*charset="?([^\s;"]+)/i.exec(type)?.[1] ?? 'utf-8';
  if (!/^utf-?8$/i.test(charset)) {
    throw new Problem('unsupported-media-type', `Bodies are UTF-8 here, not ${charset.slice(0, 50)}.`);
  }
  const body = await expandBody(request, encoded, limits.expandedBytes);
  if (!isUtf8(body)) throw malformed('The body is not UTF-8.');
  const text = body.toString();
  const size = body.length;
  if (isForm) {
    const form = parseForm(text, limits.members);
    return { size, json: undefined, value: () => form };
  }
  const names = namesOf(text, limits.members);
  return { size, json: { text, names }, value: () => JSON.parse(text) };
}

function namesOf(text: string, members: number): JsonBody['names'] {
  try {
    return scanJson(text, { depth: MAX_DEPTH, members });
  } catch (error) {
    if (error instanceof JsonFault) throw malformed(error.message, error.pointer);
    if (!(error instanceof SyntaxError)) throw error;
    throw malformed(`The body is not valid JSON${syntaxFault(text)}.`);
  }
}

/** V8's message quotes the text around the fault: the caller's own. */
function syntaxFault(text: string): string {
  try {
    JSON.parse(text);
    return '';
  } catch (error) {
    return `: ${(error as Error).message.slice(0, 200)}`;
  }
}

function malformed(detail: string, pointer = ''): Problem {
  const summary = pointer === '' ? detail : `The body is not taken: ${pointer.slice(0, 200)} ${detail}.`;
  return new Problem('malformed-body', summary, { errors: [{ pointer, detail }] });
}
