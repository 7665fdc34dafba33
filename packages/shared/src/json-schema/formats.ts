import type { Ajv } from 'ajv';
import ajvFormats from 'ajv-formats';

type AddedFormat = Exclude<Ajv['formats'][string], undefined>;

// The package is CommonJS: under Node its function is the module's `default`.
const addFormats = ajvFormats.default;
/** Nothing longer is an address, a name or a date. */
const LONGEST = 1_000;
/** Longer than what browsers and servers take as a URL. */
const LONGEST_URI = 8_192;
const uris = /^(?:ur[il]|iri|json-pointer|relative-json-pointer|regex)/;
/** These read each character once. */
const anyLength: ReadonlySet<string> = new Set(['byte', 'binary', 'password']);

/** Adds the formats of both drafts, each with a longest text, and none that takes more than linear time. */
export function addBoundedFormats(ajv: Ajv): void {
  addFormats(ajv);
  // Its regular expression is the one that backtracks.
  ajv.formats['url'] = (text: string) => /^(?:https?|ftp):\/\/[^\s/]/i.test(text) && URL.canParse(text);
  for (const [name, format] of Object.entries(ajv.formats)) {
    const check = format && checkOf(format);
    if (!check || anyLength.has(name)) continue;
    const longest = uris.test(name) ? LONGEST_URI : LONGEST;
    ajv.formats[name] = (text: string) => text.length <= longest && check(text);
  }
}

/** Undefined for formats of numbers. */
function checkOf(format: AddedFormat): ((text: string) => boolean) | undefined {
  if (format instanceof RegExp) return (text) => format.test(text);
  if (typeof format === 'function') return (text) => format(text);
  if (typeof format !== 'object' || format.type === 'number' || format.async) return undefined;
  return checkOf(format.validate as AddedFormat);
}
