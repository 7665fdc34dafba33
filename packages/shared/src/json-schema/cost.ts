type Node = Record<string, unknown> | unknown[];

/** A character costs RE2 about as much as so many steps of a validator; more where it counts repeats. */
const PATTERN_STEPS = 50;
/** An estimate past this is as good as any. */
const MOST = 1e12;

/**
 * About how many steps a schema's validator may take for each character of what it checks: the size of the schema with
 * its references written out. Infinite where it refers to itself, since a few characters may then take forever (each
 * level of `{anyOf: [{items: #}, {items: #}]}` takes twice the time of the one above), and where it refers in ways that
 * are not followed here.
 */
export function costOf(schema: unknown): number {
  const known = new Map<Node, number>();
  const open = new Set<Node>();
  const cost = (value: unknown): number => {
    if (typeof value !== 'object' || value === null) return 1;
    const node = value as Node;
    const before = known.get(node);
    if (before !== undefined) return before;
    if (open.has(node)) return Number.POSITIVE_INFINITY;
    open.add(node);
    let sum = 1;
    for (const [name, member] of Object.entries(node)) {
      const elsewhere = name === '$id' && typeof member === 'string' && node !== schema;
      if (elsewhere || name === '$dynamicRef' || name === '$recursiveRef') sum = Number.POSITIVE_INFINITY;
      else if (name === '$ref' && typeof member === 'string') sum += refCost(member);
      else sum += cost(member);
      if (name === 'pattern') sum += patternCost(String(member));
      if (name === 'patternProperties') for (const pattern of Object.keys(Object(member))) sum += patternCost(pattern);
    }
    open.delete(node);
    known.set(node, sum);
    return sum;
  };
  const refCost = (ref: string): number => {
    const target = resolve(schema, ref);
    return target === undefined ? Number.POSITIVE_INFINITY : cost(target);
  };
  const sum = cost(schema);
  return sum > MOST ? Number.POSITIVE_INFINITY : sum;
}

function patternCost(pattern: string): number {
  const repeats = [...pattern.matchAll(/\{(\d+)(?:,(\d*))?\}/g)].map(([, least, most]) => Number(most || least));
  return PATTERN_STEPS + pattern.length + repeats.reduce((sum, count) => sum + count, 0) * PATTERN_STEPS;
}

/** What `#/…` points at; undefined for other references. */
function resolve(schema: unknown, ref: string): unknown {
  if (ref === '#') return schema;
  if (!ref.startsWith('#/')) return undefined;
  let at: unknown = schema;
  for (const step of ref.slice(2).split('/')) {
    if (typeof at !== 'object' || at === null) return undefined;
    let name = step;
    try {
      name = decodeURIComponent(step);
    } catch {}
    name = name.replaceAll('~1', '/').replaceAll('~0', '~');
    if (!Object.hasOwn(at, name)) return undefined;
    at = (at as Record<string, unknown>)[name];
  }
  return at;
}
