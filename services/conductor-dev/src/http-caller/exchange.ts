import { type Agent, type Dispatcher, request } from 'undici';
import { HttpFailure, type HttpRequest, type HttpResponse } from '../engine/http-task.ts';

/** The largest answer taken, in bytes: the real server's limit for a task's output. */
const MAX_RESPONSE_BYTES = 10 * 1024 * 1024;

/** How long an answer is waited for when the task sets no limit (`readTimeOut: 0`), in ms. */
const MAX_READ_MS = 60_000;

/** The server closed the connection instead of answering. */
export class HungUp extends HttpFailure {}

/** One request and its answer. @throws {HttpFailure} */
export async function exchange(agent: Agent, asked: HttpRequest): Promise<HttpResponse> {
  const { method, url, headers, body = null, readTimeoutMs } = asked;
  const target = readUrl(url);
  const silence = new AbortController();
  let timeout: NodeJS.Timeout | undefined;
  const onSent = () => {
    timeout = setTimeout(() => silence.abort(), readTimeoutMs || MAX_READ_MS);
  };
  try {
    const answer = await request(target, {
      dispatcher: agent.compose(tellSent(onSent)),
      method,
      headers,
      body,
      signal: silence.signal,
      responseHeaders: 'raw',
    });
    const named = collectHeaders(answer.headers as unknown as string[]);
    const pieces: Buffer[] = [];
    let bytes = 0;
    for await (const piece of answer.body as AsyncIterable<Buffer>) {
      timeout?.refresh();
      bytes += piece.length;
      if (bytes > MAX_RESPONSE_BYTES) throw new HttpFailure(`the answer is larger than ${MAX_RESPONSE_BYTES} bytes`);
      pieces.push(piece);
    }
    const response = { status: answer.statusCode, headers: named, body: '' };
    return { ...response, body: decode(Buffer.concat(pieces), headerOf(response, 'content-type') ?? '') };
  } catch (error) {
    if (error instanceof HttpFailure) throw error;
    throw silence.signal.aborted ? new HttpFailure('Read timed out') : toFailure(error as NodeError, target);
  } finally {
    clearTimeout(timeout);
  }
}

/** Calls `onSent` when a request has a connection: until then the limit for connecting holds. */
function tellSent(onSent: () => void): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    const told: Dispatcher.DispatchHandler = {
      onRequestStart(controller, context) {
        onSent();
        handler.onRequestStart?.(controller, context);
      },
      onResponseStart: (...given) => handler.onResponseStart?.(...given),
      onResponseData: (...given) => handler.onResponseData?.(...given),
      onResponseEnd: (...given) => handler.onResponseEnd?.(...given),
      onResponseError: (...given) => handler.onResponseError?.(...given),
    };
    return dispatch(options, told);
  };
}

export function headerOf({ headers }: HttpResponse, wanted: string): string | undefined {
  return Object.entries(headers).find(([name]) => name.toLowerCase() === wanted)?.[1][0];
}

function readUrl(url: string): URL {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1];
  if (scheme === undefined || !URL.canParse(url)) throw new HttpFailure('Target host is not specified');
  const target = new URL(url);
  if (target.protocol === 'http:' || target.protocol === 'https:') return target;
  throw new HttpFailure(`Unroutable protocol scheme: ${target.protocol}//${target.host}`);
}

/** Names and values that alternate, by name; a name keeps the case it came in first. */
function collectHeaders(raw: readonly (string | Buffer)[]): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  const spelled = new Map<string, string>();
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const [name, value] = [String(raw[index]), String(raw[index + 1])];
    const key = spelled.get(name.toLowerCase()) ?? name;
    spelled.set(name.toLowerCase(), key);
    const values = (found[key] ??= []);
    values.push(value);
  }
  return found;
}

/** Text without a character set is ISO 8859-1, but JSON is UTF-8. */
function decode(bytes: Buffer, contentType: string): string {
  const json = /^application\/([^;]*\+)?json\b/i.test(contentType);
  const charset = /;\s*charset="?([^";\s]+)/i.exec(contentType)?.[1] ?? (json ? 'utf-8' : 'iso-8859-1');
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
}

type NodeError = Error & { code?: string };

/** In the words of the real server's client, for what is likely. */
function toFailure(error: NodeError, { protocol, host, hostname }: URL): HttpFailure {
  const connecting = `Connect to ${protocol}//${host} failed`;
  switch (error.code) {
    case 'ECONNREFUSED':
      return new HttpFailure(`${connecting}: Connection refused`);
    case 'UND_ERR_CONNECT_TIMEOUT':
      return new HttpFailure(`${connecting}: Connect timed out`);
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new HttpFailure(`${hostname}: Name or service not known`);
    case 'UND_ERR_SOCKET':
    case 'ECONNRESET':
      return new HungUp(`${host} failed to respond`);
    default:
      return new HttpFailure(error.message);
  }
}
