/** Lists that a path with `*`, `..` or a slice gave. */
const jsonLists = new WeakSet<object>();

/** Marks a list as the result of a path that is not definite; gives it back. */
export function asJsonList<T>(list: T[]): T[] {
  jsonLists.add(list);
  return list;
}

/**
 * What Java's `Objects.toString` makes of a JSON value: the real server writes a value into a longer string with it,
 * so `"got ${a.output}"` becomes `got {b=1, c=[x, null]}`, not JSON. Only the list that a path with `*`, `..` or a slice
 * gives is of a class that writes itself as JSON: `got [{"b":1}]`.
 */
export function javaText(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'number') return javaNumber(value);
  if (typeof value === 'string') return value;
  if (typeof value !== 'object') return value === true ? 'true' : 'false';
  if (Array.isArray(value)) return jsonLists.has(value) ? jsonText(value) : `[${value.map(javaText).join(', ')}]`;
  return `{${Object.entries(value)
    .map(([key, member]) => `${key}=${javaText(member)}`)
    .join(', ')}}`;
}

/**
 * Whole numbers read as integers, as long as JSON writes them with all their digits; others as `Double.toString` has
 * them: `1.0E-4` below 0.001 and from 10 million on.
 */
function javaNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return BigInt(value).toString();
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e7) return String(value);
  const [digits = '', exponent = ''] = value.toExponential().split('e');
  return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`;
}

/** JSON as the library json-smart writes it: with `/` and some other characters escaped, numbers as Java has them. */
function jsonText(value: unknown): string {
  if (typeof value === 'string') return jsonString(value);
  if (typeof value !== 'object' || value === null) return javaText(value);
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`;
  const members = Object.entries(value).map(([name, member]) => `${jsonString(name)}:${jsonText(member)}`);
  return `{${members.join(',')}}`;
}

function jsonString(text: string): string {
  const escape = (character: string) =>
    `\\u${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
  return JSON.stringify(text)
    .replaceAll('/', '\\/')
    .replace(/[\u007f-\u009f\u2000-\u20ff]/g, escape);
}
