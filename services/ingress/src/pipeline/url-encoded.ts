import { Problem } from '@rostrum/shared/problems';

/** By name; a repeated one is an array. Has no prototype. */
export type UrlEncoded = Record<string, string | string[]>;

/** More parameters than anybody writes; each becomes a member of the input. */
const MAX_PARAMETERS = 1_000;

/** @throws {Problem} malformed-request. */
export function parseQuery(query: string): UrlEncoded {
  return parse(query, MAX_PARAMETERS, (detail) => new Problem('malformed-request', `The query ${detail}.`));
}

/** `application/x-www-form-urlencoded`, read like a query. @throws {Problem} malformed-body. */
export function parseForm(form: string, most: number): UrlEncoded {
  return parse(form, most, (what) => {
    const detail = `The body ${what}.`;
    return new Problem('malformed-body', detail, { errors: [{ pointer: '', detail }] });
  });
}

/** Section 5.1 of the URL standard, but that what it would replace (broken escapes, other bytes than UTF-8) is refused. */
function parse(text: string, most: number, fault: (detail: string) => Problem): UrlEncoded {
  const parsed: UrlEncoded = Object.create(null);
  if (text === '') return parsed;
  try {
    if (text.includes('%')) decodeURIComponent(text);
  } catch {
    throw fault('has a percent escape that is broken, or no UTF-8');
  }
  let count = 0;
  for (const [name, value] of new URLSearchParams(text)) {
    if (++count > most) throw fault(`has more than ${most} parameters`);
    // An object that is merged without care would get another prototype by it.
    if (name === '__proto__') throw fault('has a parameter __proto__, which is no name to be used');
    const known = parsed[name];
    if (Array.isArray(known)) known.push(value);
    else parsed[name] = known === undefined ? value : [known, value];
  }
  return parsed;
}
