import { z } from 'zod';
import { ConductorError } from '../domain/conductor.ts';
import type { Send } from './call.ts';

/** Access tokens for servers that want them. One exchange at a time, however many calls wait for it. */
export interface Tokens {
  /** Whether there are credentials to exchange. */
  readonly wanted: boolean;
  /** Undefined where none is needed. @throws {ConductorError} `unreachable`: the call it is for was not sent. */
  get(timeoutMs: number): Promise<string | undefined>;
  /** A newer one than `refused`, which the server did not take. @throws {ConductorError} as `get` does. */
  renew(refused: string | undefined, timeoutMs: number): Promise<string | undefined>;
}

const answer = z.object({ token: z.string().min(1) });

/**
 * Conductor OSS has no authentication: a 404 on `/token` means that no token is needed. It is believed until a call is
 * refused with 401: a server that is being restarted may answer 404, too.
 */
export function createTokens(credentials: { keyId: string; keySecret: string } | undefined, send: Send): Tokens {
  let current: Promise<string | undefined> | undefined;
  const get = (timeoutMs: number) => {
    if (!credentials) return Promise.resolve(undefined);
    current ??= exchange(credentials, timeoutMs, send).catch((error: unknown) => {
      current = undefined;
      throw error;
    });
    return current;
  };
  return {
    wanted: credentials !== undefined,
    get,
    async renew(refused, timeoutMs) {
      if ((await current) === refused) current = undefined;
      return get(timeoutMs);
    },
  };
}

async function exchange(credentials: object, timeoutMs: number, send: Send): Promise<string | undefined> {
  const unsent = (message: string, cause?: unknown) =>
    new ConductorError('unreachable', `POST /token: ${message}`, { cause });
  const { status, body } = await send(
    { method: 'POST', path: '/token', body: JSON.stringify(credentials), timeoutMs },
    undefined,
  ).catch((error: Error) => {
    throw unsent(error.message, error);
  });
  if (status === 404) return undefined;
  const parsed = status === 200 ? answer.safeParse(parseJson(body)) : undefined;
  // The body is not quoted: it may hold a token.
  if (!parsed?.success) throw unsent(`answered ${status}`);
  return parsed.data.token;
}

/** Undefined when the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
