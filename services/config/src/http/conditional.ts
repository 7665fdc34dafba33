import type { FastifyReply, FastifyRequest } from 'fastify';
import { AdminProblem } from '../problems.ts';
import { type Condition, conditional, tagOf, type Target } from '../write/precondition.ts';
import type { Decide, Write } from '../write/write-path.ts';
import { authorOf } from './request.ts';

/**
 * Shows an object with its entity tag; to who has it already (`If-None-Match`) 304 alone. `beside`: the view has more
 * than the object, which the tag says nothing about.
 */
export function show<T>(
  reply: FastifyReply,
  stored: object,
  view: T,
  { beside = false }: { beside?: boolean } = {},
): T | FastifyReply {
  const tag = tagOf(stored);
  setTag(reply, tag);
  const known = tag !== undefined && !beside && hasAlready(reply.request, tag);
  return known ? reply.code(304).send() : view;
}

/** RFC 9110, section 13.1.2: tags are compared weakly. What cannot be read holds nothing up: the answer is given. */
function hasAlready({ headers }: FastifyRequest, tag: string): boolean {
  const header = headers['if-none-match'];
  const condition = header === undefined ? undefined : parseTags(header);
  return condition !== undefined && (condition.any || [...condition.tags, ...condition.weakTags].includes(tag));
}

/** Writes, under the request's `If-Match` if it has one, and answers with the tag of what is stored then. */
export async function writeObject<T>(
  write: Write,
  request: FastifyRequest,
  reply: FastifyReply,
  target: Target<T>,
  decide: Decide<T>,
): Promise<T> {
  const condition = parseIfMatch(request.headers['if-match']);
  const { answer, tag } = await write(conditional(decide, target, condition), authorOf(request));
  setTag(reply, tag);
  return answer;
}

/**
 * `If-Match` where there is no entity tag to compare: the write would be done whatever it says.
 *
 * @throws {AdminProblem} malformed-request.
 */
export function refuseVainCondition({ method, headers, routeOptions }: FastifyRequest): void {
  const compares = method === 'GET' || method === 'HEAD' || routeOptions.config.about?.tagged;
  if (compares || headers['if-match'] === undefined) return;
  const detail = 'What this is about has no ETag, so If-Match can hold nothing up: leave it out. Nothing was changed.';
  throw new AdminProblem('malformed-request', detail);
}

function setTag(reply: FastifyReply, tag: string | undefined): void {
  if (tag !== undefined) void reply.header('etag', tag);
}

/** RFC 9110, sections 5.6.1 and 8.8.3: elements may be empty, and a tag may have commas. */
const element = /^\s*(?:(?<any>\*)|(?<weak>W\/)?(?<tag>"[\x21\x23-\x7e\x80-\xff]*"))?\s*(?:,|$)/;

/** @throws {AdminProblem} malformed-request. */
function parseIfMatch(header: string | undefined): Condition | undefined {
  if (header === undefined) return undefined;
  const found = parseTags(header);
  // A list of nothing would otherwise be a condition that never holds.
  if (!found || (!found.any && found.weakTags.length === 0 && found.tags.length === 0)) throw malformed();
  return { any: found.any, tags: found.tags, weak: found.weakTags.length > 0 };
}

/** The elements of `If-Match` or `If-None-Match`; undefined where it is neither `*` nor a list of tags. */
function parseTags(header: string): { any: boolean; tags: string[]; weakTags: string[] } | undefined {
  const read = { any: false, tags: [] as string[], weakTags: [] as string[] };
  for (let rest = header; rest !== ''; ) {
    const found = element.exec(rest);
    if (!found) return undefined;
    const { any, weak, tag } = found.groups ?? {};
    if (any) read.any = true;
    else if (tag) (weak ? read.weakTags : read.tags).push(tag);
    rest = rest.slice(found[0].length);
  }
  return read;
}

function malformed(): AdminProblem {
  const detail = 'If-Match has to be *, or ETags as they were given, with their quotes: "…", "…".';
  return new AdminProblem('malformed-request', detail);
}
