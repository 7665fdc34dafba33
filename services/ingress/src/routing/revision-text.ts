const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** How much is looked at between two yields (bytes). */
const STRIDE = 64 * 1024;

/** Where something stands in a text. */
export type Span = readonly [start: number, end: number];

/**
 * Takes an edge revision apart, JSON as `JSON.stringify` writes it, without parsing its routes: there may be tens of
 * thousands. Gives the rest, whose routes are none, and where each route stands. @throws SyntaxError.
 */
export function* splittingRevision(bytes: Buffer): Generator<void, { rest: unknown; routes: Span[] }> {
  const routes = yield* itemsOf(bytes, '"routes":[');
  const [from, to] = [routes[0]?.[0] ?? bytes.length, routes.at(-1)?.[1] ?? bytes.length];
  const rest: unknown = JSON.parse(bytes.toString('utf8', 0, from) + bytes.toString('utf8', to));
  return { rest, routes };
}

/** Where the items of the list stand that the outermost object has under `key`; none where it has no such list. */
function* itemsOf(bytes: Buffer, key: string): Generator<void, Span[]> {
  const items: Span[] = [];
  let depth = 0;
  let start = -1;
  let stop = STRIDE;
  for (let at = 0; at < bytes.length; at++) {
    if (at >= stop) {
      yield;
      stop = at + STRIDE;
    }
    const byte = bytes[at] as number;
    if (byte === QUOTE) {
      const opens = depth === 1 && start < 0 && bytes.toString('latin1', at, at + key.length) === key;
      if (opens) {
        at += key.length - 1;
        depth += 1;
        start = at + 1;
      } else at = endOfString(bytes, at);
    } else if (byte === 0x7b || byte === 0x5b) depth += 1;
    else if (byte === 0x7d || byte === 0x5d) {
      depth -= 1;
      if (depth === 1 && start >= 0) return at > start ? [...items, [start, at]] : items;
    } else if (byte === 0x2c && depth === 2 && start >= 0) {
      items.push([start, at]);
      start = at + 1;
    }
  }
  return [];
}

/** The place of the quote that ends the string which begins at `from`. */
function endOfString(bytes: Buffer, from: number): number {
  for (let end = bytes.indexOf(QUOTE, from + 1); end >= 0; end = bytes.indexOf(QUOTE, end + 1)) {
    let slashes = 0;
    while (bytes[end - 1 - slashes] === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return end;
  }
  return bytes.length;
}
