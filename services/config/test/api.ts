import { type Answer, type Replica, read, takeToken } from './replica.ts';

export type Api = (method: string, path: string, body?: unknown) => Promise<Answer>;

/** Requests under `/api` in the name of whoever has the token; the first admin unless given. */
export function apiOf(replica: Replica, token?: string): Api {
  return async (method, path, body) => {
    const headers = { 'x-authorization': token ?? (await replica.token()), 'content-type': 'application/json' };
    const text = body === undefined ? null : JSON.stringify(body);
    return read(await fetch(`${replica.url}/api${path}`, { method, headers, body: text }));
  };
}

export interface Account {
  id: string;
  key: { keyId: string; keySecret: string };
  token: string;
  api: Api;
}

/** A new application with these roles, an access key and a token. */
export async function makeAccount(replica: Replica, ...roles: string[]): Promise<Account> {
  const admin = apiOf(replica);
  const { id } = (await admin('POST', '/applications', { name: 'an application' })).body;
  for (const role of roles) await admin('POST', `/applications/${id}/roles/${role}`);
  const made = (await admin('POST', `/applications/${id}/accessKeys`)).body;
  const key = { keyId: made.id, keySecret: made.secret };
  const token = await takeToken(replica.url, key);
  return { id, key, token, api: apiOf(replica, token) };
}

/** What `POST /api/token` answers, and after how many seconds it wants to be asked again. */
export async function askForToken(
  url: string,
  keyId: string,
  keySecret: string,
  headers: Record<string, string> = {},
): Promise<Answer & { retryAfter: string | null }> {
  const body = JSON.stringify({ keyId, keySecret });
  const response = await fetch(`${url}/api/token`, { method: 'POST', headers, body });
  return { ...(await read(response)), retryAfter: response.headers.get('retry-after') };
}
