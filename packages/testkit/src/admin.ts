import type { Keys } from '@rostrum/stack';

/** A client of the admin API, with the rights of the first administrator. */
export interface Admin {
  /** A token, as `X-Authorization` takes it; asked for once. */
  token(): Promise<string>;
  /** Sends a request to `path` (such as `/api/gateway/config/services`); `json` is sent as the body. */
  fetch(path: string, init?: RequestInit & { json?: unknown }): Promise<Response>;
}

/** `url` is asked anew with each request, because a config service may be replaced by another. */
export function adminClient(url: () => string, keys: Pick<Keys, 'ADMIN_KEY_ID' | 'ADMIN_KEY_SECRET'>): Admin {
  let token: Promise<string> | undefined;
  const admin: Admin = {
    token() {
      token ??= askForToken(url(), keys);
      return token;
    },
    async fetch(path, { json, ...init } = {}) {
      const headers = new Headers(init.headers);
      headers.set('X-Authorization', await admin.token());
      if (json === undefined) return fetch(`${url()}${path}`, { ...init, headers });
      headers.set('Content-Type', 'application/json');
      return fetch(`${url()}${path}`, { method: 'POST', ...init, headers, body: JSON.stringify(json) });
    },
  };
  return admin;
}

async function askForToken(url: string, keys: Pick<Keys, 'ADMIN_KEY_ID' | 'ADMIN_KEY_SECRET'>): Promise<string> {
  const response = await fetch(`${url}/api/token`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ keyId: keys.ADMIN_KEY_ID, keySecret: keys.ADMIN_KEY_SECRET }),
  });
  if (!response.ok) throw new Error(`POST ${url}/api/token answered ${response.status}: ${await response.text()}`);
  return ((await response.json()) as { token: string }).token;
}
