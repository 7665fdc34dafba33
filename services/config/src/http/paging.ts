import type { FastifyReply, FastifyRequest } from 'fastify';
import { AdminProblem } from '../problems.ts';
import { numberOf, optionalQueryOf } from './request.ts';

const maxLimit = 10_000;

/**
 * The rows of a list in the order of their keys: all of them, or `?limit=` of them and a `Link` to the next
 * (RFC 8288). A cursor names the last key of its page, so that what others add or remove meanwhile moves no row.
 *
 * @throws {AdminProblem} malformed-request.
 */
export function pageOf<T>(
  request: FastifyRequest,
  reply: FastifyReply,
  rows: readonly T[],
  keyOf: (row: T) => string,
): T[] {
  const path = request.url.split('?')[0] ?? '';
  const limit = numberOf(request, 'limit', 1, maxLimit);
  const after = cursorOf(request, path);
  const keyed = rows.map((row) => ({ key: keyOf(row), row }));
  const ahead = after === undefined ? keyed : keyed.filter(({ key }) => key > after);
  const sorted = ahead.sort((a, b) => (a.key < b.key ? -1 : 1));
  const page = sorted.slice(0, limit);
  const last = page.at(-1);
  if (last && page.length < sorted.length) {
    const query = new URLSearchParams(request.url.split('?')[1]);
    query.set('cursor', encodeCursor(path, last.key));
    void reply.header('link', `<${path}?${query.toString()}>; rel="next"`);
  }
  return page.map(({ row }) => row);
}

function encodeCursor(path: string, key: string): string {
  return Buffer.from(JSON.stringify([path, key])).toString('base64url');
}

function cursorOf(request: FastifyRequest, path: string): string | undefined {
  const text = optionalQueryOf(request, 'cursor');
  if (text === undefined) return undefined;
  const [list, key] = decodeCursor(text);
  if (list === path && typeof key === 'string') return key;
  const detail = 'The cursor is none that this list has given; take it from the Link of a page, or begin without it.';
  throw new AdminProblem('malformed-request', detail);
}

function decodeCursor(text: string): unknown[] {
  try {
    const decoded: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return Array.isArray(decoded) ? decoded : [];
  } catch {
    return [];
  }
}
