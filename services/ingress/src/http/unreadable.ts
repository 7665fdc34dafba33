import { STATUS_CODES } from 'node:http';
import { Problem } from '@rostrum/shared/problems';
import type { Reply } from '../pipeline/context.ts';

/** What is wrong, by the code of Node's error. */
export function unreadable(error: NodeJS.ErrnoException, maxHeaderBytes: number): Problem {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW': {
      const detail = `The request line and headers are larger than ${maxHeaderBytes} bytes.`;
      return new Problem('headers-too-large', detail, {}, error);
    }
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new Problem('payload-too-large', 'The extensions of the body’s chunks are too large.', {}, error);
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem('request-timeout', 'The request took too long to arrive.', {}, error);
    default:
      return new Problem('malformed-request', 'This is not a request of HTTP/1.1.', {}, error);
  }
}

/** A last answer as it goes over the wire, where there is no response object to write it with. */
export function lastAnswer({ status, headers, body }: Reply): string {
  const all = {
    ...headers,
    'content-length': String(body?.length ?? 0),
    connection: 'close',
    date: new Date().toUTCString(),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${Buffer.from(body ?? '').toString()}`;
}
