import { type Target, waitFor } from '@rostrum/testkit';
import { Agent, request } from 'undici';

export interface Answer {
  status: number;
  headers: Record<string, string | undefined>;
  /** Parsed where it is JSON. */
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any;
}

export interface CallOptions {
  /** API key; `null` sends none. The demo key unless given. */
  key?: string | null;
  /** Sent as JSON, or as it is when it is a string. */
  body?: unknown;
  headers?: Record<string, string>;
  /** Which ingress; the first unless given. */
  url?: string;
}

const agent = new Agent({ connections: 64 });

/** One HTTP request to the gateway. */
export async function call(gateway: Target, method: string, path: string, options: CallOptions = {}): Promise<Answer> {
  const { key = gateway.apiKey, body, headers = {}, url = gateway.url } = options;
  const response = await request(`${url}${path}`, {
    method: method as 'GET',
    dispatcher: agent,
    headers: {
      ...(key === null ? {} : { 'x-api-key': key }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.body.text();
  const isJson = String(response.headers['content-type']).includes('json');
  return {
    status: response.statusCode,
    headers: response.headers as Answer['headers'],
    body: isJson ? JSON.parse(text) : text,
  };
}

export const feedback = { rating: 5, comment: 'Great  product,\n love it' };

/** Registers workflow definitions with the gateway's Conductor. */
export async function register(gateway: Target, ...workflows: object[]): Promise<void> {
  const url = `${gateway.conductorUrl}/metadata/workflow`;
  const common = {
    version: 1,
    schemaVersion: 2,
    ownerEmail: 'test@example.com',
    timeoutSeconds: 0,
    timeoutPolicy: 'ALERT_ONLY',
  };
  const response = await request(url, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(workflows.map((workflow) => ({ ...common, ...workflow }))),
  });
  if (response.statusCode !== 200) throw new Error(`PUT ${url}: ${response.statusCode} ${await response.body.text()}`);
  await response.body.dump();
}

/** Writes configuration through the admin API. @throws when it is refused. */
export async function admin(gateway: Target, method: string, path: string, json?: unknown): Promise<unknown> {
  const response = await gateway.admin.fetch(`/api/gateway/config${path}`, {
    method,
    ...(json === undefined ? {} : { json }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

/** A public service with these routes; waits until every ingress answers on its base path. */
export async function publish(gateway: Target, id: string, routes: object[], more: object = {}): Promise<void> {
  await admin(gateway, 'POST', '/auth', { id: `${id}-auth`, authenticationType: 'NONE' });
  await admin(gateway, 'POST', '/services', {
    id,
    name: id,
    path: `/${id}`,
    authConfigId: `${id}-auth`,
    routes,
    ...more,
  });
  for (const url of gateway.urls.ingress) {
    await waitFor(
      async () =>
        (await call(gateway, 'OPTIONS', `/${id}${(routes[0] as { path: string }).path}`, { url })).status === 204,
      {
        what: `${id} at ${url}`,
      },
    );
  }
}

/** A workflow's status, by Conductor's own records. */
export async function workflowStatus(gateway: Target, workflowId: string): Promise<string> {
  const response = await request(`${gateway.conductorUrl}/workflow/${workflowId}`);
  return ((await response.body.json()) as { status: string }).status;
}
