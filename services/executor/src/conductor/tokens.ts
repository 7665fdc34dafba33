import { z } from 'zod';
import { ConductorError } from './errors.ts';
import type { Send } from './call.ts';

/** Access tokens for servers that want them. One exchange at a time, however many calls wait for it. */
export interface Tokens {
  /** Undefined where none is needed. @throws {ConductorError} */
  get(timeoutMs: number): Promise<string | undefined>;
  /** A newer one than `refused`, which the server did not take. @throws {ConductorError} */
  renew(refused: string, timeoutMs: number): Promise<string | undefined>;
}

const answer = z.object({ token: z.string().min(1) });

/** Conductor OSS has no authentication: a 404 on `/token` means that no token is needed. */
export function createTokens(credentials: { keyId: string; keySecret: string } | undefined, send: Send): Tokens {
  let current: Promise<string | undefined> | undefined;
  const exchange = async (timeoutMs: number) => {
    const { status, body } = await send({
      method: 'POST',
      path: '/token',
      body: JSON.stringify(credentials),
      timeoutMs,
    });
    if (status === 404) return undefined;
    const parsed = status === 200 ? answer.safeParse(parseJson(body)) : undefined;
    // The body is not quoted: it may hold a token.
    if (!parsed?.success) throw new ConductorError('rejected', `POST /token: ${status}`, status);
    return parsed.data.token;
  };
  const get = (timeoutMs: number) => {
    if (!credentials) return Promise.resolve(undefined);
    current ??= exchange(timeoutMs).catch((error: unknown) => {
      current = undefined;
      throw error;
    });
    return current;
  };
  return {
    get,
    async renew(refused, timeoutMs) {
      if ((await current) === refused) current = undefined;
      return get(timeoutMs);
    },
  };
}

/** Undefined when the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
