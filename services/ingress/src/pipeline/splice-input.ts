import { gatewayFields, type Input, mergeInput } from './build-input.ts';
import type { RouteMatch } from './context.ts';
import type { Body, JsonBody } from './parse-body.ts';
import type { UrlEncoded } from './url-encoded.ts';

/** The body of an input that nobody here reads, as it was sent; a symbol is no member's name. */
const UNREAD: unique symbol = Symbol('unread body');
type SplicedInput = Input & { [UNREAD]?: JsonBody };

/**
 * The input, as mergeInput makes it; where nobody here reads the body's members, they are left as text until
 * {@link encodeInput}. To parse a body and write it again costs more than all else that is done with it (bench/README.md),
 * and would round its numbers.
 *
 * @throws {Problem} as mergeInput.
 */
export function inputOf(match: RouteMatch, queryParams: UrlEncoded, body: Body | undefined): Input {
  const json = match.compiled.readsInput ? undefined : body?.json;
  if (!json || gatewayFields.some((name) => json.names?.has(name))) {
    return mergeInput(match, queryParams, body?.value());
  }
  return Object.assign(mergeInput(match, queryParams, undefined), { [UNREAD]: json });
}

/** The input's JSON. What is in it beside the body goes before a member of the body. */
export function encodeInput(input: SplicedInput): Buffer {
  const { [UNREAD]: unread, ...members } = input;
  if (!unread) return Buffer.from(JSON.stringify(input));
  const { text, names = new Set(['body']) } = unread;
  if (Object.keys(members).some((name) => names.has(name))) {
    const body: unknown = JSON.parse(text);
    return Buffer.from(JSON.stringify({ ...(unread.names ? (body as Input) : { body }), ...members }));
  }
  const rest = JSON.stringify(members);
  if (names.size === 0) return Buffer.from(rest);
  const spliced = unread.names ? text.trim().slice(1) : `"body":${text}}`;
  return Buffer.from(rest === '{}' ? `{${spliced}` : `${rest.slice(0, -1)},${spliced}`);
}
