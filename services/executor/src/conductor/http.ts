import { Agent, request } from 'undici';
import { ConductorError } from '../domain/conductor.ts';
import type { Call, Send } from './call.ts';
import type { Tokens } from './tokens.ts';
import { fromTransport } from './transport-errors.ts';

/** Calls Conductor; one connection pool, one deadline for all that a call takes, tokens where the server wants them. */
export interface Http {
  /** The body of a 2xx answer. @throws {ConductorError} */
  call(call: Call): Promise<string>;
  /** Resolves when the server gives any sign of life but a gateway's that it is away. @throws {ConductorError} */
  probe(timeoutMs: number): Promise<void>;
  close(): Promise<void>;
}

export function createHttp(baseUrl: string, maxResponseBytes: number, makeTokens: (send: Send) => Tokens): Http {
  const agent = new Agent({
    maxResponseSize: maxResponseBytes,
    connections: 128,
    pipelining: 1,
    connectTimeout: 2_000,
  });
  const send: Send = async ({ method, path, body, traceparent, timeoutMs }, token) => {
    try {
      const response = await request(`${baseUrl}${path}`, {
        method,
        dispatcher: agent,
        signal: AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs))),
        headers: {
          accept: 'application/json, text/plain',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(traceparent ? { traceparent } : {}),
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
      const end = performance.now() + call.timeoutMs;
      const left = () => end - performance.now();
      const token = await tokens.get(left());
      let { status, body } = await send({ ...call, timeoutMs: left() }, token);
      if (status === 401 && tokens.wanted) {
        const renewed = await tokens.renew(token, left());
        ({ status, body } = await send({ ...call, timeoutMs: left() }, renewed));
      }
      if (status >= 200 && status < 300) return body;
      const fault = status === 404 ? 'not-found' : 'rejected';
      throw new ConductorError(fault, `${call.method} ${call.path}: ${status}`, { status, excerpt: body });
    },
    async probe(timeoutMs) {
      const { status } = await send({ method: 'GET', path: '/version', timeoutMs });
      if (status >= 502 && status <= 504) throw new ConductorError('rejected', `GET /version: ${status}`, { status });
    },
    close: () => agent.destroy(),
  };
}
