import { STATUS_CODES } from 'node:http';
import { isJson } from '../definitions/fields.ts';
import type { Json } from '../definitions/types.ts';
import { javaText } from '../expressions/java-text.ts';
import { shortReason, type Task } from './model.ts';

export interface HttpRequest {
  method: string;
  url: string;
  /** Names as they were given. */
  headers: Record<string, string>;
  body: string | undefined;
  /** Until the connection stands (ms), and for the answer, from one piece of it to the next (ms). */
  connectTimeoutMs: number;
  readTimeoutMs: number;
}

export interface HttpResponse {
  status: number;
  /** By name as the server wrote it. */
  headers: Record<string, string[]>;
  body: string;
}

/** No answer came; the message is the real server's word for why. */
export class HttpFailure extends Error {
  override name = 'HttpFailure';
}

export interface HttpCaller {
  /** Follows redirects. @throws {HttpFailure} */
  call(request: HttpRequest): Promise<HttpResponse>;
  close(): Promise<void>;
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'];

/** A fault in the words of the Java exception that the real server would throw. */
class JavaFault extends Error {
  constructor(kind: string, message: string) {
    super(`${kind}: ${message}`);
  }
}

type Outcome = Partial<Pick<Task, 'status' | 'outputData' | 'reasonForIncompletion'>>;

/** What comes of an HTTP task: any answer but 2xx fails it. */
export async function runHttpTask(http: HttpCaller, input: Json): Promise<Outcome> {
  const given = input.http_request ?? input;
  if (!isJson(given)) return failed(`http_request has to be an object: ${javaText(given)}`);
  if (given.uri === undefined || given.uri === null) {
    return failed('Missing HTTP URI.  See documentation for HttpTask for required input parameters');
  }
  if (given.method === undefined || given.method === null) return failed('No HTTP method specified');
  try {
    const request = readRequest(given);
    const response = await http.call(request);
    return outcomeOf(request, response, input.asyncComplete === true);
  } catch (error) {
    if (!(error instanceof JavaFault) && !(error instanceof HttpFailure)) throw error;
    const target = `I/O error on ${javaText(given.method)} request for "${withoutQuery(javaText(given.uri))}"`;
    const text = error instanceof JavaFault ? error.message : `java.lang.Exception: ${target}: ${error.message}`;
    return { ...failed(`Failed to invoke HTTP task due to: ${text}`), outputData: { response: text } };
  }
}

function failed(reason: string): Outcome {
  return { status: 'FAILED', reasonForIncompletion: shortReason(reason) };
}

function readRequest(given: Json): HttpRequest {
  const method = javaText(given.method);
  const contentType = mediaType(given.contentType);
  const accept = mediaType(given.accept);
  if (!methods.includes(method))
    throw new JavaFault('java.lang.IllegalArgumentException', `Invalid HTTP method: ${method}`);
  const headers: Record<string, string> = { Accept: accept, 'Content-Type': contentType };
  for (const [name, value] of Object.entries(isJson(given.headers) ? given.headers : {})) {
    if (value !== null) headers[name] = javaText(value);
  }
  return {
    method,
    url: encodeUrl(javaText(given.uri)),
    headers,
    body: writeBody(given.body, contentType),
    connectTimeoutMs: readTimeout(given.connectionTimeOut),
    readTimeoutMs: readTimeout(given.readTimeOut),
  };
}

/** Milliseconds; 3 seconds unless there is a number. */
function readTimeout(given: unknown): number {
  const ms = Number(given ?? Number.NaN);
  return ms >= 0 ? Math.min(ms, 2 ** 31 - 1) : 3000;
}

function mediaType(given: unknown): string {
  const type = javaText(given ?? 'application/json');
  if (type.includes('/')) return type;
  throw new JavaFault(
    'org.springframework.http.InvalidMediaTypeException',
    `Invalid mime type "${type}": does not contain '/'`,
  );
}

/** Text is sent as it is, whatever its type; anything else only as JSON. */
function writeBody(body: unknown, contentType: string): string | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string') return body;
  if (/^(application|\*)\/(\*|([^;]*\+)?json)\b/i.test(contentType)) return JSON.stringify(body);
  const number = Number.isInteger(body) ? 'Integer' : 'Double';
  const scalar = `lang.${typeof body === 'number' ? number : 'Boolean'}`;
  const kind = isJson(body) ? 'util.LinkedHashMap' : Array.isArray(body) ? 'util.ArrayList' : scalar;
  const reason = `No HttpMessageConverter for java.${kind} and content type "${contentType}"`;
  throw new JavaFault('java.lang.Exception', reason);
}

/** As the real server's template library does it: what a URL may not hold is encoded, a `%` as well. */
function encodeUrl(uri: string): string {
  const variable = /\{([^{}]*)\}/.exec(uri)?.[1];
  if (variable === undefined) return encodeURI(uri.toWellFormed());
  const reason = `Not enough variable values available to expand '${variable}'`;
  throw new JavaFault('java.lang.IllegalArgumentException', reason);
}

function withoutQuery(url: string): string {
  return url.split(/[?#]/)[0] ?? '';
}

function outcomeOf(request: HttpRequest, { status, headers, body }: HttpResponse, asyncComplete: boolean): Outcome {
  const reasonPhrase = STATUS_CODES[status];
  if (reasonPhrase === undefined) {
    throw new JavaFault('java.lang.IllegalArgumentException', `No matching constant for [${status}]`);
  }
  if (status >= 400) {
    const said = body === '' ? '[no body]' : `"${body}"`;
    const { method, url } = request;
    const reason = `${status} ${reasonPhrase} on ${method} request for "${withoutQuery(url)}": ${said}`;
    throw new JavaFault('java.lang.Exception', reason);
  }
  const succeeded = status >= 200 && status < 300;
  const response = {
    headers,
    reasonPhrase,
    body: succeeded && body !== '' ? readBody(body) : null,
    statusCode: status,
  };
  if (!succeeded) return { ...failed('No response from the remote service'), outputData: { response } };
  return { status: asyncComplete ? 'IN_PROGRESS' : 'COMPLETED', outputData: { response } };
}

/** JSON as a value, but `true`, `false` and `null` as text; what is no JSON as text. */
function readBody(body: string): unknown {
  try {
    const value = JSON.parse(body) as unknown;
    return typeof value === 'boolean' || value === null ? String(value) : value;
  } catch {
    return body;
  }
}
