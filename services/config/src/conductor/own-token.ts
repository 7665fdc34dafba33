import { z } from 'zod';

/** The gateway's own token at Conductor. */
export interface OwnToken {
  /** Undefined where the server wants none. @throws {Error} when Conductor gives none; the message holds no secret. */
  get(): Promise<string | undefined>;
  /** The server did not take this one: the next call of `get` asks for another. */
  refused(token: string | undefined): void;
}

export interface OwnTokenOptions {
  /** Conductor's, `/api` included. */
  url: string;
  /** Undefined: calls are made without a token. */
  credentials: { keyId: string; keySecret: string } | undefined;
}

const answer = z.object({ token: z.string().min(1) });
const claims = z.object({ exp: z.number() });

/** Renewed so long before its end, or after half of its life where that is shorter (ms). */
const AHEAD_MS = 60_000;
/** How long a token is used whose life is not known, and a server is believed that wants none (ms). */
const UNKNOWN_LIFE_MS = 30 * 60_000;
const TIMEOUT_MS = 10_000;

interface Held {
  /** Undefined: the server wants none. */
  token: string | undefined;
  /** By `performance.now()`. */
  renewAt: number;
}

/** One exchange at a time, however many calls wait for it. Conductor OSS answers `/token` with 404: it wants none. */
export function createOwnToken({ url, credentials }: OwnTokenOptions): OwnToken {
  let held: Held | undefined;
  let exchanging: Promise<Held> | undefined;
  const exchange = async (): Promise<Held> => {
    const now = performance.now();
    const response = await fetch(`${url}/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(credentials),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const body: unknown = await response.json().catch(() => undefined);
    if (response.status === 404) return { token: undefined, renewAt: now + UNKNOWN_LIFE_MS };
    const parsed = answer.safeParse(body);
    // The body is not quoted: it may hold a token.
    if (!response.ok || !parsed.success) throw new Error(`POST ${url}/token: answered ${response.status}`);
    const { token } = parsed.data;
    return { token, renewAt: now + renewAfterMs(token) };
  };
  return {
    async get() {
      if (!credentials) return undefined;
      if (held && performance.now() < held.renewAt) return held.token;
      exchanging ??= exchange().finally(() => {
        exchanging = undefined;
      });
      held = await exchanging;
      return held.token;
    },
    refused(token) {
      if (held?.token === token) held = undefined;
    },
  };
}

/** By the token's own `exp` (RFC 7519). */
function renewAfterMs(token: string): number {
  try {
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
    const lifeMs = Math.max(0, claims.parse(JSON.parse(payload)).exp * 1_000 - Date.now());
    return Math.max(lifeMs - AHEAD_MS, lifeMs / 2);
  } catch {
    return UNKNOWN_LIFE_MS;
  }
}
