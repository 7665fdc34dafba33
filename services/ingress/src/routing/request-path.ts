import { Problem } from '@rostrum/shared/problems';

/** A request's URL, taken apart: decoded segments of its path, and the query as it came. */
export interface RequestPath {
  /** As it came, without the query. */
  path: string;
  segments: string[];
  query: string;
}

const MAX_SEGMENTS = 64;

/**
 * Splits and decodes a request target, each segment once and after splitting, so that `%2F` stays inside its segment.
 * One trailing slash is not significant; empty segments elsewhere match nothing.
 *
 * @throws {Problem} malformed-request for a broken escape, dot segments, or too many segments.
 */
export function parseRequestPath(url: string): RequestPath {
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const raw = path.split('/').slice(1);
  if (raw.at(-1) === '') raw.pop();
  if (raw.length > MAX_SEGMENTS)
    throw new Problem('malformed-request', `The path has more than ${MAX_SEGMENTS} segments.`);
  const segments = raw.map((segment) => {
    const decoded = segment.includes('%') ? decode(segment) : segment;
    if (decoded === '.' || decoded === '..')
      throw new Problem('malformed-request', 'The path has a dot segment; write it out.');
    return decoded;
  });
  return { path, segments, query: mark < 0 ? '' : url.slice(mark + 1) };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new Problem('malformed-request', `The path segment "${segment.slice(0, 100)}" has a broken percent escape.`);
  }
}
