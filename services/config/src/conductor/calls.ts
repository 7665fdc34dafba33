import type { OwnToken } from './own-token.ts';

/** A GET; what it says is left to the caller. @throws when there is no answer in time. */
export type Get = (path: string, signal: AbortSignal) => Promise<{ status: number; body: unknown }>;

/** Calls to the Conductor at `url` (up to and with `/api`), with the gateway's token; one that is refused is renewed once. */
export function createCalls({ url, ownToken }: { url: string; ownToken: OwnToken }): Get {
  const send = async (path: string, token: string | undefined, signal: AbortSignal) => {
    const headers: Record<string, string> = token ? { 'x-authorization': token } : {};
    const response = await fetch(`${url}${path}`, { headers, signal });
    return { status: response.status, body: parseJson(await response.text()) };
  };
  return async (path, signal) => {
    const token = await ownToken.get();
    const first = await send(path, token, signal);
    if (first.status !== 401 || token === undefined) return first;
    ownToken.refused(token);
    return send(path, await ownToken.get(), signal);
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
