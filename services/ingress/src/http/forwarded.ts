import { plainAddress } from '@rostrum/service/networks';

export type ForwardedHeader = 'x-forwarded-for' | 'forwarded';

/** Of `Forwarded`, so much is read, from its end (characters): those who count stand there. */
const MAX_LENGTH = 2_000;

/** What proxies said who they were called by, as written, the last one last; undefined where one cannot be read. */
export function forwardedFor(header: ForwardedHeader, value: string): (string | undefined)[] {
  if (header === 'x-forwarded-for') return value.split(',').map((each) => each.trim());
  // At commas outside of quotes. A quote that its sender left open ends what it has said, not what others say after it.
  return [...value.slice(-MAX_LENGTH).matchAll(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g)].map(([element]) => forOf(element));
}

/** The `for` of one element of `Forwarded` (RFC 7239, section 4), if all of the element is as it should be. */
function forOf(element: string): string | undefined {
  const pairs = element.match(/(?:[^;"]|"(?:[^"\\]|\\.)*")+/g) ?? [];
  let found: string | undefined;
  for (const pair of pairs) {
    const [, name, value = ''] =
      /^\s*([\w!#$%&'*+.^`|~-]+)=([\w!#$%&'*+.^`|~-]+|"(?:[^"\\]|\\.)*")\s*$/.exec(pair) ?? [];
    if (name === undefined) return undefined;
    if (name.toLowerCase() === 'for')
      found = value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
  }
  return found;
}

/** The address in `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`; undefined for all else, `unknown` too. */
export function addressIn(node: string): string | undefined {
  const [, bracketed, plain] = /^(?:\[([\da-f:.]+)\]|(\d+\.\d+\.\d+\.\d+))(?::\d{1,5})?$/i.exec(node) ?? [];
  return plainAddress(bracketed ?? plain ?? (node.includes('%') ? '' : node));
}
