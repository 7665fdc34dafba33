import { Agent, request } from 'undici';
import type { Tokens } from './tokens.ts';
import type { Call, Send } from './call.ts';
import { ConductorError, fromTransport } from './errors.ts';

/** Calls Conductor; one connection pool, a deadline on every call, tokens where the server wants them. */
export interface Http {
  /** The body of a 2xx answer. @throws {ConductorError} */
  call(call: Call): Promise<string>;
  close(): Promise<void>;
}

const EXCERPT = 300;

export function createHttp(baseUrl: string, maxResponseBytes: number, makeTokens: (send: Send) => Tokens): Http {
  const agent = new Agent({
    maxResponseSize: maxResponseBytes,
    connections: 128,
    pipelining: 1,
    connectTimeout: 2_000,
  });
  const send: Send = async ({ method, path, body, timeoutMs }, token) => {
    try {
      const response = await request(`${baseUrl}${path}`, {
        method,
        dispatcher: agent,
        signal: AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs))),
        headers: {
          accept: 'application/json, text/plain',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(token === undefined ? {} : { 'x-authorization': token }),
        },
        ...(body === undefined ? {} : { body }),
      });
      return { status: response.statusCode, body: await response.body.text() };
    } catch (error) {
      throw fromTransport(error, `${method} ${path.split('?', 1)[0]}`);
    }
  };
  const tokens = makeTokens(send);
  return {
    async call(call) {
      const token = await tokens.get(call.timeoutMs);
      let { status, body } = await send(call, token);
      if (status === 401 && token !== undefined)
        ({ status, body } = await send(call, await tokens.renew(token, call.timeoutMs)));
      if (status >= 200 && status < 300) return body;
      const fault = status === 404 ? 'not-found' : 'rejected';
      throw new ConductorError(fault, `${call.method} ${call.path}: ${status} ${body.slice(0, EXCERPT)}`, status);
    },
    close: () => agent.close(),
  };
}
