import { boundLabel, labelStart } from '@rostrum/shared/cache-key';
import type { CacheSelection } from '@rostrum/shared/messages';

/** A range of members of an index, as ZRANGEBYLEX takes it. */
export interface Range {
  from: Buffer;
  to: Buffer;
}

/** All of an index. */
export const everything: Range = { from: Buffer.from('-'), to: Buffer.from('+') };

/** The place of an answer in its group's index. Route ids have no zero byte, digests neither; a label may. */
export function memberOf(route: string, label: string, digest: string): string {
  return `${route}\0${boundLabel(label)}\0${digest}`;
}

/**
 * What is selected of a route's answers. Of a label longer than an index keeps, its beginning alone selects: then more
 * may be purged than was named, which costs an execution, but nothing less.
 */
export function rangeOf(route: string, { label, labelPrefix }: CacheSelection): Range {
  if (label !== undefined) return startingWith(`${route}\0${boundLabel(label)}\0`);
  return startingWith(`${route}\0${labelStart(labelPrefix ?? '')}`);
}

/** Whether all routes are selected alike, so that they need not be gone through one by one. */
export function isWhole({ route, label, labelPrefix }: CacheSelection): boolean {
  return route === undefined && label === undefined && !labelPrefix;
}

/** The rest of a range, behind a member. */
export function behind(member: Uint8Array, { to }: Range): Range {
  return { from: Buffer.concat([Buffer.from('('), member]), to };
}

/** All behind a route's members. */
export function behindRoute(route: string): Range {
  return { from: endOf(`${route}\0`), to: everything.to };
}

export function routeIn(member: Buffer): string {
  return member.subarray(0, member.indexOf(0)).toString();
}

function startingWith(text: string): Range {
  return { from: Buffer.from(`[${text}`), to: endOf(text) };
}

/** No byte of UTF-8 is 0xff: this is behind all that begins with the text. */
function endOf(text: string): Buffer {
  return Buffer.concat([Buffer.from(`(${text}`), Buffer.from([0xff])]);
}
