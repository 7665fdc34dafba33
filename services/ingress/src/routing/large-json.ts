/** Up to here JSON is parsed whole (bytes): that takes about a millisecond. */
const SMALL = 128 * 1024;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** How much is looked at between two yields (bytes). */
const STRIDE = 64 * 1024;

/**
 * Parses an edge revision of any size, a few routes at a time: JSON as `JSON.stringify` writes it. What has no list of
 * routes where we look for it is parsed whole. @throws SyntaxError.
 */
export function* parsingRevision(bytes: Buffer): Generator<void, unknown> {
  if (bytes.length <= SMALL) return JSON.parse(bytes.toString());
  const items = yield* itemsOf(bytes, '"routes":[');
  const [from, to] = [items[0]?.[0], items.at(-1)?.[1]];
  if (from === undefined || to === undefined) return JSON.parse(bytes.toString());
  const routes: unknown[] = [];
  for (const [start, end] of items) {
    routes.push(JSON.parse(bytes.toString('utf8', start, end)));
    yield;
  }
  const rest = Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  return { ...(JSON.parse(rest.toString()) as object), routes };
}

/** Where the items of the list stand that the outermost object has under `key`; none where it has no such list. */
function* itemsOf(bytes: Buffer, key: string): Generator<void, [start: number, end: number][]> {
  const items: [number, number][] = [];
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
