import { Problem } from '@rostrum/shared/problems';

/** A request's target, taken apart: decoded segments of its path, and the query as it came. */
export interface RequestPath {
  /** As it came, without the query. */
  path: string;
  segments: string[];
  query: string;
  /** `host:port` of a target that is a whole URL; it goes before the Host header (RFC 9112, section 3.2.2). */
  authority?: string;
}

/** Whether one slash at the end of a path is nothing, or makes it another path, which no route has. */
export type TrailingSlash = 'ignore' | 'strict';

const MAX_SEGMENTS = 64;
const malformed = (detail: string) => new Problem('malformed-request', detail);

/**
 * Splits and decodes a request target, each segment once and after splitting, so that `%2F` stays inside its segment.
 * Empty segments match nothing, but for one at the end, which `trailingSlash` says about. Nothing is ever normalised: a
 * proxy before us, or what a workflow calls, might do it otherwise, so what could be read in two ways is refused.
 *
 * @throws {Problem} malformed-request for what is no URL, broken escapes, control characters, backslashes, dot
 *   segments, also behind encoded slashes, or too many segments.
 */
export function parseRequestPath(target: string, trailingSlash: TrailingSlash = 'ignore'): RequestPath {
  const { url, authority } = target.startsWith('/') ? { url: target } : splitUrl(target);
  if (!/^[!"$-[\]-~]*$/.test(url)) throw malformed('The URL has characters that have to be percent-encoded, or a #.');
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const raw = path.split('/').slice(1);
  if (raw.at(-1) === '' && (raw.length === 1 || trailingSlash === 'ignore')) raw.pop();
  if (raw.length > MAX_SEGMENTS) throw malformed(`The path has more than ${MAX_SEGMENTS} segments.`);
  const segments = raw.map(decode);
  const query = mark < 0 ? '' : url.slice(mark + 1);
  return { path, segments, query, ...(authority === undefined ? {} : { authority }) };
}

/** A target in absolute form, as clients send it to proxies; servers have to take it, too. */
function splitUrl(target: string): { url: string; authority: string } {
  const [, authority, rest = ''] = /^https?:\/\/([^/?]+)(.*)$/is.exec(target) ?? [];
  if (authority === undefined) throw malformed('The request target is neither a path nor an http URL.');
  return { url: rest.startsWith('/') ? rest : `/${rest}`, authority };
}

function decode(segment: string): string {
  const decoded = segment.includes('%') ? unescape(segment) : segment;
  // Most segments have nothing of this.
  if (!/[.\p{Cc}]/u.test(decoded)) return decoded;
  if (/\p{Cc}/u.test(decoded)) throw malformed('The path has a control character.');
  if (/(?:^|[/\\])\.\.?(?:$|[/\\])/.test(decoded)) throw malformed('The path has a dot segment; write it out.');
  return decoded;
}

function unescape(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw malformed(`The path segment "${segment.slice(0, 100)}" has a broken percent escape.`);
  }
}
