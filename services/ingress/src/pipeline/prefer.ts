import type { Outcome } from '@rostrum/shared/messages';
import type { Request } from './context.ts';

/** What a caller prefers, as far as the gateway follows it. */
export interface Preferences {
  /** Rather a 202 now than to wait. */
  respondAsync: boolean;
  /** How long it waits for the end, from the arrival of its request (ms); undefined: until the route's deadline. */
  waitMs: number | undefined;
}

const token = /[!#$%&'*+.^_`|~\w-]+/.source;
const word = `(?:"(?:[^"\\\\]|\\\\.)*"|${token})`;
/** `name`, `name=word`, each with parameters that are not read (RFC 7240, section 2). */
// A blank belongs to what follows it: were it optional in two places, a header could cost exponential time.
const preference = `(${token})(?:[ \\t]*=(?:[ \\t]*(${word}))?)?`;
const parameters = `(?:[ \\t]*;(?:[ \\t]*${token}(?:[ \\t]*=(?:[ \\t]*${word})?)?)?)*`;
const element = new RegExp(`[ \\t]*(?:${preference}${parameters})?[ \\t]*(?:,|$)`, 'y');

/** More seconds than this are as good as for ever. */
const WAIT_DIGITS = 9;

/**
 * `Prefer`, `wait` cut to `longestMs`. What is not known here is ignored, of two of a name the second is, and of what
 * cannot be read all that follows: a preference is never a reason to refuse (RFC 7240, section 2).
 */
export function preferencesOf(request: Request, longestMs: number): Preferences {
  const named = parsePrefer(request.headers.prefer);
  const wait = named.get('wait');
  const seconds = wait !== undefined && /^\d+$/.test(wait) ? Number(wait.slice(0, WAIT_DIGITS)) : undefined;
  return {
    // A value is not defined for it; an empty one is the same as none.
    respondAsync: named.get('respond-async') === '',
    waitMs: seconds === undefined ? undefined : Math.min(seconds * 1_000, longestMs),
  };
}

/** Preferences by name in small letters, their values unquoted, `''` for none. */
function parsePrefer(header: string | string[] | undefined): Map<string, string> {
  const text = [header ?? []].flat().join(',');
  const named = new Map<string, string>();
  element.lastIndex = 0;
  while (element.lastIndex < text.length) {
    const found = element.exec(text);
    if (!found) break;
    const [, name, value = ''] = found;
    const known = name?.toLowerCase();
    if (known !== undefined && !named.has(known)) named.set(known, unquoted(value));
  }
  return named;
}

function unquoted(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
}

/** How long the caller still waits for the end (ms): 0 not at all, undefined until the deadline. */
export function patienceOf({ respondAsync, waitMs }: Preferences, receivedAt: number): number | undefined {
  if (waitMs === undefined) return respondAsync ? 0 : undefined;
  return Math.max(0, Math.ceil(receivedAt + waitMs - performance.now()));
}

/** `Preference-Applied` for an answer; undefined where no preference shaped it, as with problems. */
export function appliedPreferences({ respondAsync, waitMs }: Preferences, outcome: Outcome): string | undefined {
  if (outcome.kind !== 'ok' && outcome.kind !== 'accepted') return undefined;
  const applied = [
    ...(respondAsync && outcome.kind === 'accepted' ? ['respond-async'] : []),
    ...(waitMs === undefined ? [] : [`wait=${Math.floor(waitMs / 1_000)}`]),
  ];
  return applied.length > 0 ? applied.join(', ') : undefined;
}
