import { z } from 'zod';

export interface ConductorOptions {
  /** Up to and with `/api`. */
  url: string;
  keyId?: string | undefined;
  keySecret?: string | undefined;
}

/** A GET; what it says is left to the caller. @throws when there is no answer in time. */
export type Get = (path: string, signal: AbortSignal) => Promise<{ status: number; body: unknown }>;

const answer = z.object({ token: z.string().min(1) });

/** Calls to a Conductor, with a token where it wants one; one that is refused is exchanged once. */
export function createCalls({ url, keyId, keySecret }: ConductorOptions): Get {
  let token: Promise<string | undefined> | undefined;
  const exchange = async (signal: AbortSignal): Promise<string | undefined> => {
    const body = JSON.stringify({ keyId, keySecret });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${url}/token`, { method: 'POST', headers, body, signal });
    const text = await response.text();
    // Conductor OSS has no tokens.
    if (response.status === 404) return undefined;
    const parsed = response.ok ? answer.safeParse(parseJson(text)) : undefined;
    if (!parsed?.success) throw new Error(`POST /token: answered ${response.status}`);
    return parsed.data.token;
  };
  /** One exchange for all who need one at once. */
  const renew = (refused: typeof token, signal: AbortSignal) => {
    if (token === refused) {
      token = exchange(signal);
      token.catch(() => (token = undefined));
    }
    return token;
  };
  const send = async (path: string, wanted: string | undefined, signal: AbortSignal) => {
    const headers: Record<string, string> = wanted ? { 'x-authorization': wanted } : {};
    const response = await fetch(`${url}${path}`, { headers, signal });
    return { status: response.status, body: parseJson(await response.text()) };
  };
  return async (path, signal) => {
    if (!keyId || !keySecret) return send(path, undefined, signal);
    const used = token ?? renew(undefined, signal);
    const first = await send(path, await used, signal);
    return first.status === 401 ? send(path, await renew(used, signal), signal) : first;
  };
}

/** Undefined when the text is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
