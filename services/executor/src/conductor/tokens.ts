import { z } from 'zod';
import { ConductorError } from '../domain/conductor.ts';
import type { Send } from './call.ts';

/** Access tokens of one application, for servers that want them. One exchange at a time, however many calls wait for it. */
export interface Tokens {
  /** Undefined where none is needed. @throws {ConductorError} `unreachable`, or `rejected`: the call it is for was not sent. */
  get(timeoutMs: number): Promise<string | undefined>;
  /** A newer one than `refused`, which the server did not take. @throws {ConductorError} as `get` does. */
  renew(refused: string | undefined, timeoutMs: number): Promise<string | undefined>;
}

/** An application's access key; undefined: it has none, so calls are made without a token. */
export type Credentials = { keyId: string; keySecret: string } | undefined;

interface Token {
  /** Undefined: the server wants none. */
  value: string | undefined;
  /** When it is to be exchanged for a new one, though it may still be good (`performance.now()`). */
  renewAt: number;
}

const answer = z.object({ token: z.string().min(1) });
const claims = z.object({ exp: z.number() });

/** Renewed so long before its end, or after half of its life where that is shorter (ms). */
const AHEAD_MS = 60_000;
/** How long a token is used whose life is not known, and a server is believed that wants none (ms). */
const UNKNOWN_LIFE_MS = 30 * 60_000;
/** How long an exchange ahead of expiry may take: nobody waits for it (ms). */
const EXCHANGE_MS = 10_000;

/**
 * Conductor OSS has no authentication: a 404 on `/token` means that no token is needed. It is believed for a while, and
 * until a call is refused with 401: a server that is being restarted may answer 404, too.
 */
export function createTokens(credentialsOf: () => Promise<Credentials>, send: Send): Tokens {
  let current: Token | undefined;
  let exchanging: Promise<Token> | undefined;
  const exchangeOnce = (timeoutMs: number): Promise<Token> => {
    exchanging ??= exchange(credentialsOf, timeoutMs, send)
      .then((token) => (current = token))
      .finally(() => {
        exchanging = undefined;
      });
    return exchanging;
  };
  return {
    async get(timeoutMs) {
      if (!current) return (await within(exchangeOnce(EXCHANGE_MS), timeoutMs)).value;
      if (performance.now() > current.renewAt) {
        // Calls go on with the one there is; when it ends they are refused, and wait for the next.
        exchangeOnce(EXCHANGE_MS).catch(() => {});
      }
      return current.value;
    },
    async renew(refused, timeoutMs) {
      if (current?.value === refused) current = undefined;
      return current?.value ?? (await within(exchangeOnce(EXCHANGE_MS), timeoutMs)).value;
    },
  };
}

/** No longer than the call that the token is for may take. */
async function within<T>(exchanged: Promise<T>, ms: number): Promise<T> {
  const late = new ConductorError('unreachable', 'POST /token: no answer in time');
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(late), Math.max(0, ms));
  });
  return Promise.race([exchanged, timeout]).finally(() => clearTimeout(timer));
}

async function exchange(credentialsOf: () => Promise<Credentials>, timeoutMs: number, send: Send): Promise<Token> {
  const unsent = (message: string, cause?: unknown) =>
    new ConductorError('unreachable', `POST /token: ${message}`, { cause });
  const now = performance.now();
  const credentials = await credentialsOf();
  if (!credentials) return { value: undefined, renewAt: now + UNKNOWN_LIFE_MS };
  const { status, body } = await send(
    { method: 'POST', path: '/token', body: JSON.stringify(credentials), timeoutMs },
    undefined,
  ).catch((error: Error) => {
    throw unsent(error.message, error);
  });
  if (status === 404) return { value: undefined, renewAt: now + UNKNOWN_LIFE_MS };
  const parsed = status === 200 ? answer.safeParse(parseJson(body)) : undefined;
  // The body is not quoted: it may hold a token.
  if (!parsed?.success) {
    // A key that is refused says nothing about the server.
    if (status >= 400 && status < 500)
      throw new ConductorError('rejected', `POST /token: answered ${status}`, { status });
    throw unsent(`answered ${status}`);
  }
  const { token } = parsed.data;
  return { value: token, renewAt: now + renewAfterMs(token) };
}

/** By the token's own `exp` (RFC 7519), whose clock may differ from ours: a refused one is renewed anyway. */
function renewAfterMs(token: string): number {
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
  const parsed = claims.safeParse(parseJson(payload));
  if (!parsed.success) return UNKNOWN_LIFE_MS;
  const lifeMs = Math.max(0, parsed.data.exp * 1_000 - Date.now());
  return Math.max(lifeMs - AHEAD_MS, lifeMs / 2);
}

/** Whether a 401 says that a new token would help; other reasons are the application's own. */
export function asksForNewToken(status: number, body: string): boolean {
  if (status !== 401) return false;
  const refusal = parseJson(body) as { error?: unknown } | null | undefined;
  const reason = refusal?.error;
  return typeof reason !== 'string' || reason === 'EXPIRED_TOKEN' || reason === 'INVALID_TOKEN';
}

/** Undefined when the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
