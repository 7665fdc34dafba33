import type { Settings } from '../config.ts';
import type { Request } from '../pipeline/context.ts';
import { Steps } from '../pipeline/steps.ts';
import type { Exchange } from './exchange.ts';

/** What the pipeline is given of a request, of either version of HTTP. */
export function toRequest(exchange: Exchange, requestId: string, address: string, settings: Settings): Request {
  const { raw } = exchange;
  const receivedAt = performance.now();
  return {
    requestId,
    method: raw.method ?? '-',
    url: raw.url ?? '/',
    headers: exchange.stream ? withoutPseudoHeaders(raw.headers) : raw.headers,
    receivedAt,
    ...(address === '' ? {} : { address }),
    ...(settings.ACCESS_LOG ? { steps: new Steps(receivedAt) } : {}),
    get bytesIn() {
      return exchange.bytesRead;
    },
    hungUp: () => exchange.hungUp,
    readBody: () => exchange.readBody(settings.BODY_LIMIT_BYTES, receivedAt + settings.REQUEST_TIMEOUT_MS),
  };
}

/** What stands for a request that could not be read. */
export function unreadRequest(requestId: string, address: string): Request {
  return {
    ...{ requestId, method: '-', url: '/', headers: {}, receivedAt: performance.now() },
    ...(address === '' ? {} : { address }),
    hungUp: () => AbortSignal.abort(),
    readBody: async () => Buffer.alloc(0),
  };
}

/** HTTP/2 has the request line among its headers; `host` is made of it (RFC 9113, section 8.3.1). */
function withoutPseudoHeaders(headers: Request['headers']): Request['headers'] {
  const kept: Record<string, string | string[] | undefined> = {};
  for (const name in headers) if (!name.startsWith(':')) kept[name] = headers[name];
  kept.host ??= headers[':authority'];
  return kept;
}
