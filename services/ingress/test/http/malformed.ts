/**
 * Requests that are wrong, by a grammar that knows where requests go wrong, and by mutation of what it makes. The same
 * seed gives the same ones.
 */
export class Malformed {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** One request, as latin1. Some few are in order, so that what comes after what they leave behind is tried as well. */
  next(): string {
    let text = this.#request();
    for (let count = this.#one([0, 0, 1, 2]); count > 0; count--) text = this.#mutated(text);
    return text;
  }

  /** Mulberry32: a whole number below `limit`. */
  #below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  #one<T>(of: readonly T[]): T {
    return of[this.#below(of.length)] as T;
  }

  /** `usual` most of the time, one of the others otherwise. */
  #mostly(usual: string, others: readonly string[]): string {
    return this.#below(15) > 0 ? usual : this.#one(others);
  }

  #request(): string {
    const end = this.#mostly('\r\n', ['\n', '\r', '\r\r\n', '\n\n', '']);
    const space = this.#mostly(' ', ['  ', '\t', '', '\0']);
    const version = this.#mostly('HTTP/1.1', versions);
    const line = `${this.#one(methods)}${space}${this.#one(targets)}${space}${version}${end}`;
    const headers = [this.#mostly('Host: a', ['', 'Host: a\r\nHost: b', 'Host:', 'Host: a b', 'host: \0'])];
    for (let count = this.#below(4); count > 0; count--) headers.push(this.#header());
    const [framing, body] = this.#body();
    headers.push(framing);
    return `${line}${headers.filter((header) => header !== '').join(end)}${end}${end}${body}`;
  }

  #header(): string {
    const name = this.#mostly(this.#one(names), ['', ' X', 'X ', 'X\0', 'X(', 'é', 'X\r', ':', 'X'.repeat(5_000)]);
    return `${name}${this.#mostly(': ', [':', ' : ', '', ':\r\n ', ':\t'])}${this.#mostly(this.#one(values), oddValues)}`;
  }

  #body(): [string, string] {
    const text = this.#one(bodies);
    const length = `Content-Length: ${text.length}`;
    switch (this.#below(8)) {
      case 0:
        return ['', ''];
      case 1:
      case 2:
      case 7:
        return [`Content-Type: application/json\r\n${length}`, text];
      case 3:
        return [`Content-Length: ${this.#one(lengths)}`, text];
      case 4:
        return [`${length}\r\nTransfer-Encoding: ${this.#one(codings)}`, this.#chunks(text)];
      case 5:
        return [`Transfer-Encoding: ${this.#one(codings)}`, this.#chunks(text)];
      case 6:
        return [`Expect: ${this.#one(['100-continue', '200-ok', ''])}\r\n${length}`, text];
      default:
        return ['Content-Type: application/json\r\nTransfer-Encoding: chunked', this.#chunks(text)];
    }
  }

  #chunks(text: string): string {
    const size = this.#mostly(text.length.toString(16), [
      '-1',
      '+5',
      '0x5',
      'ffffffffffffffff1',
      'g',
      '',
      '5;a="',
      ' 5',
    ]);
    const end = this.#mostly('\r\n', ['\n', '\r', '']);
    const trailers = this.#mostly('', ['Content-Length: 5\r\n', 'X\0: y\r\n', `X: ${'y'.repeat(2_000)}\r\n`]);
    return `${size}${end}${text}${end}0\r\n${trailers}\r\n`;
  }

  #mutated(text: string): string {
    const at = this.#below(text.length + 1);
    const length = 1 + this.#below(8);
    switch (this.#below(7)) {
      case 0:
        return text.slice(0, at) + String.fromCharCode(this.#below(256)) + text.slice(at + 1);
      case 1:
        return text.slice(0, at) + text.slice(at + length);
      case 2:
        return text.slice(0, at) + text.slice(at, at + length).repeat(1 + this.#below(20)) + text.slice(at);
      case 3:
        return text.slice(0, at) + this.#one(pieces) + text.slice(at);
      case 4:
        // Cut short, and followed by whatever comes next.
        return this.#below(4) === 0 ? text.slice(0, at) : text;
      case 5:
        return this.#one([text.toUpperCase(), text.toLowerCase(), text.replaceAll('\r\n', '\n')]);
      default:
        return text;
    }
  }
}

const methods = [
  ...['GET', 'GET', 'GET', 'POST', 'POST', 'POST'],
  'GET',
  'POST',
  'PUT',
  'HEAD',
  'OPTIONS',
  'DELETE',
  'TRACE',
  'CONNECT',
  'PROPFIND',
  'get',
  'BREW',
  'G T',
  '',
];
const targets = [
  ...Array<string>(12).fill('/fuzz/open'),
  ...[
    '/fuzz/open',
    '/fuzz/open?a=1&a=2&b',
    '/fuzz/open?%',
    '/fuzz/keyed',
    '/',
    '*',
    '//',
    '/../..',
    '/%2e%2e/%2f',
    '/%zz',
  ],
  ...[
    '/%00',
    '/fuzz/%ff',
    'http://a/fuzz/open',
    'http://',
    '?',
    '#',
    '',
    '/é',
    `/${'a/'.repeat(100)}`,
    `/${'x'.repeat(9_000)}`,
  ],
  ...['/fuzz/executions/x', `/fuzz/open?${'a=b&'.repeat(500)}`, '/fuzz/open?__proto__=1', 'a:443'],
];
const versions = [
  'HTTP/1.0',
  'HTTP/2.0',
  'HTTP/0.9',
  'HTTP/9.9',
  'http/1.1',
  'HTTP/1.1 ',
  'HTTP/11',
  '',
  'ICE/1.0',
  'RTSP/1.0',
];
const names = [
  ...['X-A', 'Content-Type', 'Content-Encoding', 'Authorization', 'X-API-Key', 'Cookie', 'Connection', 'Upgrade', 'TE'],
  ...[
    'Origin',
    'Prefer',
    'Idempotency-Key',
    'traceparent',
    'Transfer-Encoding',
    'Content-Length',
    'Trailer',
    'Forwarded',
  ],
  ...['X-Forwarded-For', 'Cache-Control', 'If-None-Match', 'Access-Control-Request-Method', 'Keep-Alive', '__proto__'],
];
const values = [
  ...[
    'a',
    '',
    'close',
    'keep-alive',
    'Upgrade, HTTP2-Settings',
    'h2c',
    'websocket',
    'gzip',
    'br',
    'deflate, gzip',
    '"a',
  ],
  ...['application/json', 'application/json; charset=x', 'Bearer a', 'Basic =', 'wait=0', 'wait=-1', 'respond-async'],
  ...['max-stale=9e9', '"', 'W/"a"', 'for=_x;by=', '1.2.3.4, ::1, x', 'x'.repeat(8_000), '🙂', '${a}'],
  '00-00000000000000000000000000000000-0000000000000000-00',
];
const oddValues = [' ', '\t', '\0', '\x7f', 'é', 'a\rb', 'a\nb', 'x'.repeat(20_000)];
const bodies = [
  ...[
    '',
    '{}',
    '{"a":1}',
    '[]',
    'null',
    '{',
    '{"a":',
    '"',
    '{"__proto__":{"x":1}}',
    '{"constructor":{"prototype":{}}}',
  ],
  ...['{"a":1,"a":2}', '\xff\xfe', '1e999', '{"a":"\\ud800"}', '['.repeat(100), '{"a":'.repeat(70), 'x'.repeat(3_000)],
  ...['GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n', '\x1f\x8b\x08', 'a=b&c=d', ' '.repeat(1_000)],
];
const lengths = ['-1', '+5', '0x5', '5, 5', '5 5', '', 'a', '1e3', '18446744073709551617', '999999999', '0', '1', '٣'];
const codings = [
  'chunked',
  'identity',
  'chunked, identity',
  'identity, chunked',
  'xchunked',
  'Chunked',
  'chunked\0',
  'gzip',
  '',
];
const pieces = [
  ...['\r\n', '\n', '\r', '\0', ':', ' ', '\t', ';', '%', '\xff', '\r\n\r\n', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ...[
    '\x16\x03\x01',
    'Content-Length: 3\r\n',
    'Transfer-Encoding: chunked\r\n',
    '0\r\n\r\n',
    'HTTP/1.1 200 OK\r\n\r\n',
  ],
];
