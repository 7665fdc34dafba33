import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { HttpResponse } from './messages/outcome.ts';

/**
 * Answers of a route's own: with `outputIsResponse` its result is `{response: {status, headers, bodyType, body}}`. What
 * of it may go out is decided here, for the executor that makes it of a result, and for the ingress that writes it.
 */

/** What is wrong with such a result; the message is fit for the route's author. */
export class ResponseFault extends Error {
  override name = 'ResponseFault';
}

const MAX_HEADERS = 50;
/** Names and values together; clients take 16 KB with ours. */
const MAX_HEADER_CHARS = 8_192;
const members = ['status', 'headers', 'bodyType', 'body'];
/** RFC 9110, sections 15.3.5, 15.3.6 and 15.4.5. */
const bodiless: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * A host name has one set of each of these, and it is shared by all the gateway's services: cookies, what browsers may do
 * across origins (see corsConfig), how they log in, what they clear, report and trust. And what belongs to a connection
 * (RFC 9110, section 7.6.1), or is said by the gateway itself.
 */
const reserved: ReadonlySet<string> = new Set([
  ...['set-cookie', 'set-cookie2', 'www-authenticate', 'proxy-authenticate', 'authentication-info', 'clear-site-data'],
  ...['strict-transport-security', 'public-key-pins', 'alt-svc', 'service-worker-allowed', 'origin-agent-cluster'],
  ...['nel', 'report-to', 'reporting-endpoints', 'expect-ct', 'accept-ch', 'critical-ch', 'timing-allow-origin'],
  ...['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'http2-settings'],
  ...['content-length', 'content-range', 'date', 'server', 'via', 'age', 'x-content-type-options', 'x-powered-by'],
  ...['x-request-id', 'cache-status', 'idempotency-replayed', 'preference-applied', 'ratelimit', 'ratelimit-policy'],
]);
const reservedPrefixes = ['access-control-', 'proxy-', 'sec-', 'cross-origin-'];

/** A route's result as an answer. `headers` are in small letters. @throws {ResponseFault} */
export function readHttpResponse(result: unknown): { response: HttpResponse; body: Buffer } {
  const given = isObject(result) ? result.response : undefined;
  if (!isObject(given)) throw new ResponseFault('the result is no object with a member response, itself an object');
  const unknown = Object.keys(given).find((name) => !members.includes(name));
  if (unknown !== undefined) throw new ResponseFault(`response.${unknown} is not known; it has ${members.join(', ')}`);
  const { status = 200, headers: givenHeaders = {}, bodyType = 'json', body: givenBody } = given;
  if (typeof status !== 'number') throw new ResponseFault('response.status is no number');
  const headers = readHeaders(givenHeaders);
  const body = readBody(bodyType, givenBody);
  if (body && bodiless.has(status)) throw new ResponseFault(`a ${status} has no body; leave response.body out`);
  if (body) headers['content-type'] = contentType(headers['content-type'], bodyType);
  const response = { status, headers };
  const fault = responseFault(response);
  if (fault !== undefined) throw new ResponseFault(fault);
  return { response, body: body ?? Buffer.alloc(0) };
}

/** As it comes over the bus or from the cache: whoever wrote it there may have written anything. */
interface UncheckedResponse {
  status: number;
  headers: Readonly<Record<string, unknown>>;
}

/** Why this may not go out as it is, undefined when it may. */
export function responseFault({ status, headers }: UncheckedResponse): string | undefined {
  if (!Number.isInteger(status) || status < 200 || status > 599) return 'response.status is not within 200 and 599';
  const entries = Object.entries(headers);
  if (entries.length > MAX_HEADERS) return `there are more than ${MAX_HEADERS} headers`;
  let chars = 0;
  for (const [name, value] of entries) {
    if (typeof value !== 'string') return `the header ${name.slice(0, 100)} is no string`;
    chars += name.length + value.length;
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch {
      return `the header ${name.slice(0, 100)} has a name or value that HTTP does not have`;
    }
    if (reserved.has(name) || reservedPrefixes.some((prefix) => name.startsWith(prefix))) {
      return `the header ${name.slice(0, 100)} is not for a route to set`;
    }
  }
  return chars > MAX_HEADER_CHARS ? `the headers are longer than ${MAX_HEADER_CHARS} characters` : undefined;
}

function readHeaders(given: unknown): Record<string, string> {
  if (!isObject(given)) throw new ResponseFault('response.headers is no object');
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(given)) {
    if (typeof value !== 'string') throw new ResponseFault(`the header ${name.slice(0, 100)} is no string`);
    const key = name.toLowerCase();
    if (headers.has(key)) throw new ResponseFault(`the header ${key.slice(0, 100)} is there twice`);
    headers.set(key, value.trim());
  }
  return Object.fromEntries(headers);
}

/** Undefined where there is none. */
function readBody(bodyType: unknown, body: unknown): Buffer | undefined {
  if (body === undefined || (body === null && bodyType !== 'json')) return undefined;
  switch (bodyType) {
    case 'json':
      return Buffer.from(JSON.stringify(body));
    case 'text':
      if (typeof body !== 'string') throw new ResponseFault('response.body is no string, which bodyType text asks for');
      return Buffer.from(body);
    case 'base64':
      // Buffer.from would leave out what is none.
      if (typeof body !== 'string' || body.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(body)) {
        throw new ResponseFault('response.body is no base64 text with padding, which bodyType base64 asks for');
      }
      return Buffer.from(body, 'base64');
    default:
      throw new ResponseFault('response.bodyType is not json, text or base64');
  }
}

function contentType(given: string | undefined, bodyType: unknown): string {
  if (given === undefined) {
    if (bodyType === 'base64') throw new ResponseFault('bodyType base64 asks for a header content-type');
    return bodyType === 'text' ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8';
  }
  if (!/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+\s*(?:;.*)?$/.test(given)) {
    throw new ResponseFault('the header content-type names no type such as image/png');
  }
  if (bodyType === 'base64') return given;
  const charset = /;\s*charset="?([^\s;"]+)/i.exec(given)?.[1];
  if (charset !== undefined && charset.toLowerCase() !== 'utf-8') {
    throw new ResponseFault(`text goes out as UTF-8, not as ${charset.slice(0, 50)}`);
  }
  // Without it, browsers guess.
  return charset === undefined && given.toLowerCase().startsWith('text/') ? `${given}; charset=utf-8` : given;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
