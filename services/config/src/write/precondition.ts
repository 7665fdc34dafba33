import { digestOf } from '@rostrum/shared/digest';
import { type ConfigState, type Service, withChange } from '../domain/records.ts';
import { AdminProblem } from '../problems.ts';
import { toEntry } from '../storage/service-entry.ts';
import type { Decide } from './write-path.ts';

/** The strong tags of an `If-Match`; `any` for `*`. Weak ones never match (RFC 9110, section 13.1.1). */
export interface Condition {
  any: boolean;
  tags: readonly string[];
  weak: boolean;
}

const tags = new WeakMap<object, string>();

/**
 * The entity tag of an object as it is stored: another one exactly when the object is another, the same on every
 * replica. Undefined for what is not there.
 */
export function tagOf(object: object | undefined): string | undefined {
  if (!object) return undefined;
  let tag = tags.get(object);
  if (tag === undefined) {
    const stored = isService(object) ? toEntry(object) : object;
    tag = `"${digestOf(JSON.stringify(stored)).slice(0, 22)}"`;
    tags.set(object, tag);
  }
  return tag;
}

function isService(object: object): object is Service {
  return 'routes' in object;
}

/** Finds what a write is about: in the state before it, and in the state after it, with its answer. */
export interface Target<T> {
  /** Undefined where the write makes something new: `If-Match` never holds then. */
  before(state: ConfigState): object | undefined;
  after(state: ConfigState, answer: T): object | undefined;
}

/** What has one place in the state. */
export function existing<T>(find: (state: ConfigState) => object | undefined): Target<T> {
  return { before: find, after: find };
}

/** What the write makes. */
export function created<T>(find: (state: ConfigState, answer: T) => object | undefined): Target<T> {
  return { before: () => undefined, after: find };
}

/** An answer, and the entity tag of what is stored then; none when it is gone. */
export interface Tagged<T> {
  answer: T;
  tag: string | undefined;
}

/**
 * The same write, under a condition, and its answer with a tag. The condition counts last: whatever would be refused
 * without it is refused for that (RFC 9110, section 13.2.1).
 *
 * @throws {AdminProblem} precondition-failed.
 */
export function conditional<T>(
  decide: Decide<T>,
  target: Target<T>,
  condition: Condition | undefined,
): Decide<Tagged<T>> {
  return (state, author) => {
    const { change, answer } = decide(state, author);
    if (condition) requireMatch(condition, tagOf(target.before(state)));
    const next = change ? withChange(state, change, state.sequence + 1) : state;
    return { change, answer: { answer, tag: tagOf(target.after(next, answer)) } };
  };
}

function requireMatch({ any, tags: wanted, weak }: Condition, tag: string | undefined): void {
  if (tag === undefined) {
    throw new AdminProblem('precondition-failed', 'This makes something new, and If-Match asks for what is there.');
  }
  if (any || wanted.includes(tag)) return;
  const why = weak
    ? 'If-Match never matches weak tags (W/"…"): a proxy that compresses may have made it one. Send it without W/.'
    : 'It has changed since you read it: read it again, and make your change on what is there now.';
  throw new AdminProblem('precondition-failed', `${why} Its ETag is ${tag}. Nothing was changed.`);
}
