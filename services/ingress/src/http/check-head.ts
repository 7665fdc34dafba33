import type { IncomingMessage } from 'node:http';
import { Problem } from '@rostrum/shared/problems';
import { streamOf } from './exchange.ts';

/** Headers that may come once. Of several, Node takes the first, and another server on the way may take the last. */
const single = new Set(['host', 'authorization', 'content-type', 'content-length']);

/**
 * What Node's parser lets pass and a server on the way may read differently (RFC 9112, sections 3.2 and 6.1), and more
 * headers than `maxHeaders`.
 *
 * @returns what is wrong; undefined when nothing is.
 */
export function faultOfHead(raw: IncomingMessage, maxHeaders: number): Problem | undefined {
  const { headers, rawHeaders, httpVersion } = raw;
  const malformed = (detail: string) => new Problem('malformed-request', detail);
  if (rawHeaders.length > 2 * maxHeaders) {
    return new Problem('headers-too-large', `The request has more than ${maxHeaders} headers.`);
  }
  if (streamOf(raw)) {
    const { host, ':authority': authority } = headers;
    return host !== undefined && authority !== undefined && host !== authority
      ? malformed('The request names two hosts.')
      : undefined;
  }
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return malformed('Neither HTTP/1.1 nor HTTP/1.0 is spoken.');
  if (headers.host === undefined && httpVersion === '1.1') return malformed('A request of HTTP/1.1 has a Host header.');
  if (headers['transfer-encoding'] !== undefined && httpVersion !== '1.1') {
    return malformed('Transfer-Encoding is there from HTTP/1.1 on.');
  }
  let seen = '';
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] as string).toLowerCase();
    if (!single.has(name)) continue;
    if (seen.includes(`${name};`)) return malformed(`The request has more than one ${name} header.`);
    seen += `${name};`;
  }
  return undefined;
}
