import { LRUCache } from 'lru-cache';
import { DeadlineWheel, type Expiring } from '@rostrum/shared/bus';
import { Pool } from 'undici';
import { ConductorError, type Identity } from '../domain/conductor.ts';
import type { Call, Send } from './call.ts';
import { exchange } from './exchange.ts';
import { asksForNewToken, createTokens, type Credentials, type Tokens } from './tokens.ts';
import { fromTransport } from './transport-errors.ts';

/** An application's access key, by its id; undefined: it has none. Rejects with a ConductorError. */
export type CredentialsOf = (application: string) => Promise<Credentials>;

/** Calls Conductor; one connection pool, one deadline for all that a call takes, tokens where the server wants them. */
export interface Http {
  /** The body of a 2xx answer. @throws {ConductorError} */
  call(call: Call): Promise<string>;
  /** Resolves when the server gives any sign of life but a gateway's that it is away. @throws {ConductorError} */
  probe(timeoutMs: number): Promise<void>;
  close(): Promise<void>;
}

/** `gateway`: its own credentials, for whatever has none of its own. */
export function createHttp(
  baseUrl: string,
  maxResponseBytes: number,
  gateway: Credentials,
  credentialsOf: CredentialsOf,
): Http {
  const { origin, pathname } = new URL(baseUrl);
  const pool = new Pool(origin, {
    maxResponseSize: maxResponseBytes,
    connections: 256,
    pipelining: 1,
    connectTimeout: 2_000,
    // Each call has a deadline of its own.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const wheel = new DeadlineWheel<Expiring>();
  const send: Send = async ({ method, path, body, traceparent, timeoutMs }, token) => {
    // The token may have taken all of the time: a start that comes too late may have been given up by others.
    if (timeoutMs <= 0) throw new ConductorError('overloaded', `${method}: not sent, its time is over`);
    try {
      const headers = ['accept', 'application/json, text/plain'];
      if (body !== undefined) headers.push('content-type', 'application/json');
      if (traceparent) headers.push('traceparent', traceparent);
      if (token !== undefined) headers.push('x-authorization', token);
      return await exchange(
        pool,
        wheel,
        { method, path: `${pathname}${path}`, headers, body: body ?? null },
        timeoutMs,
      );
    } catch (error) {
      throw fromTransport(error, `${method} ${path.split('?', 1)[0]}`);
    }
  };
  const ownTokens = createTokens(async () => gateway, send);
  // By what the application has, too: with other credentials it starts anew, and what runs keeps the token that it has.
  const applications = new LRUCache<string, Tokens>({ max: 1_000 });
  const tokensOf = ({ application, credentials }: Identity): Tokens => {
    if (application === undefined || credentials === undefined) return ownTokens;
    const name = `${application} ${credentials}`;
    const known = applications.get(name);
    if (known) return known;
    const tokens = createTokens(async () => (await credentialsOf(application)) ?? gateway, send);
    applications.set(name, tokens);
    return tokens;
  };
  const asApplication = async (call: Call, left: () => number) => {
    const tokens = tokensOf(call.as ?? {});
    const token = await tokens.get(left());
    const first = await send({ ...call, timeoutMs: left() }, token);
    if (!asksForNewToken(first.status, first.body)) return first;
    const renewed = await tokens.renew(token, left());
    // Without credentials, or to a server that wants none, it would be the same call again.
    return renewed === token ? first : send({ ...call, timeoutMs: left() }, renewed);
  };
  return {
    async call(call) {
      const end = performance.now() + call.timeoutMs;
      const left = () => end - performance.now();
      const { callerToken, fallback } = call.as ?? {};
      const own = callerToken ? await send({ ...call, timeoutMs: left() }, callerToken) : undefined;
      const refused = own?.status === 401 || own?.status === 403;
      const { status, body } = own && !(refused && fallback) ? own : await asApplication(call, left);
      if (status >= 200 && status < 300) return body;
      const fault = status === 404 ? 'not-found' : 'rejected';
      throw new ConductorError(fault, `${call.method} ${call.path}: ${status}`, { status, excerpt: body });
    },
    async probe(timeoutMs) {
      const { status } = await send({ method: 'GET', path: '/version', timeoutMs });
      if (status >= 502 && status <= 504) throw new ConductorError('rejected', `GET /version: ${status}`, { status });
    },
    close: () => pool.destroy(),
  };
}
