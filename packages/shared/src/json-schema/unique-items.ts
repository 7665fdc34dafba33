import type { FuncKeywordDefinition } from 'ajv';

/** In place of ajv's own, which compares every object with every other one. */
export const uniqueItems: FuncKeywordDefinition = {
  keyword: 'uniqueItems',
  type: 'array',
  schemaType: 'boolean',
  error: { message: 'must NOT have duplicate items' },
  validate: (wanted: boolean, items: unknown[]) => !wanted || areUnique(items),
};

function areUnique(items: unknown[]): boolean {
  const seen = new Set<unknown>();
  for (const item of items) {
    // A text that is like an object's is kept apart from it.
    const key =
      typeof item === 'object' && item !== null ? `o${canonical(item)}` : typeof item === 'string' ? `s${item}` : item;
    if (seen.has(key)) return false;
    seen.add(key);
  }
  return true;
}

/** The same text for values that are equal (JSON Schema core, section 4.2.2), whatever the order of their members. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join()}}`;
}
