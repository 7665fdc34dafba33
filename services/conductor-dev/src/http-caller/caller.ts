import { setTimeout as wait } from 'node:timers/promises';
import { Agent } from 'undici';
import { type HttpCaller, HttpFailure, type HttpRequest, type HttpResponse } from '../engine/http-task.ts';
import { exchange, HungUp, headerOf } from './exchange.ts';

const MAX_REDIRECTS = 50;
/** Different connect timeouts for which connections are kept. */
const MAX_AGENTS = 8;
/** Before a server that is overloaded is asked once more (ms), unless it says when; and at most. */
const RETRY_MS = 1000;
const MAX_RETRY_MS = 10_000;

/** Calls HTTP servers as the client of the real server does: redirects, one retry where that is safe. */
export class UndiciCaller implements HttpCaller {
  readonly #agents = new Map<number, Agent>();

  async call(given: HttpRequest): Promise<HttpResponse> {
    const seen = new Set<string>();
    for (let request = given; seen.size <= MAX_REDIRECTS; ) {
      seen.add(request.url);
      const response = await this.#callOnceMore(request);
      const next = redirected(request, response);
      if (!next) return response;
      if (seen.has(next.url)) throw new HttpFailure(`Circular redirect to '${next.url}'`);
      request = next;
    }
    throw new HttpFailure(`Maximum redirects (${MAX_REDIRECTS}) exceeded`);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.destroy()));
  }

  /** Asks again when the server is overloaded, or hung up on a request that may be repeated. */
  async #callOnceMore(request: HttpRequest): Promise<HttpResponse> {
    const agent = this.#agent(request.connectTimeoutMs);
    try {
      const response = await exchange(agent, request);
      if (response.status !== 429 && response.status !== 503) return response;
      await wait(retryMs(headerOf(response, 'retry-after')));
    } catch (error) {
      if (!(error instanceof HungUp) || request.method === 'POST' || request.method === 'PATCH') throw error;
    }
    return exchange(agent, request);
  }

  #agent(connectTimeoutMs: number): Agent {
    const known = this.#agents.get(connectTimeoutMs);
    if (known) return known;
    for (const [key, oldest] of this.#agents) {
      if (this.#agents.size < MAX_AGENTS) break;
      this.#agents.delete(key);
      void oldest.close();
    }
    // Its own limits for an answer are off: those of `exchange` are exact.
    const agent = new Agent({ connect: { timeout: connectTimeoutMs }, headersTimeout: 0, bodyTimeout: 0 });
    this.#agents.set(connectTimeoutMs, agent);
    return agent;
  }
}

function retryMs(retryAfter: string | undefined): number {
  const seconds = Number(retryAfter);
  return retryAfter !== undefined && seconds >= 0 ? Math.min(seconds * 1000, MAX_RETRY_MS) : RETRY_MS;
}

/** Where a redirect leads. What is no GET or HEAD becomes a GET without anything of it, but for 307 and 308. */
function redirected(request: HttpRequest, response: HttpResponse): HttpRequest | undefined {
  const location = headerOf(response, 'location');
  if (location === undefined || ![301, 302, 303, 307, 308].includes(response.status)) return undefined;
  if (!URL.canParse(location, request.url)) return undefined;
  const url = new URL(location, request.url).href;
  const same = response.status > 303 || request.method === 'GET' || request.method === 'HEAD';
  return same ? { ...request, url } : { ...request, url, method: 'GET', headers: {}, body: undefined };
}
