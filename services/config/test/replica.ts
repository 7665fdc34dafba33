import { randomBytes } from 'node:crypto';
import { createLogger } from '@rostrum/service/logger';
import type { RunningService } from '@rostrum/service/process';
import { startConfig } from '../src/app.ts';
import { configSettings } from '../src/config.ts';

const masterKey = randomBytes(32).toString('base64');
/** The digest key of all replicas in a test file. */
export const digestKeyText = `k1:${randomBytes(32).toString('base64')}`;

/** A replica of the config service inside the test's process, and a client of its admin API. */
export interface Replica {
  service: RunningService;
  /** The log lines so far. */
  log: Record<string, unknown>[];
  url: string;
  /** A request under `/api/gateway/config`, with a token; `body` is sent as JSON. */
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  token(): Promise<string>;
  drain(): Promise<void>;
}

export interface Answer {
  status: number;
  type: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests say themselves what they expect of it
  body: any;
  headers: Headers;
}

const admin = { keyId: 'admin', keySecret: 'test-secret' };

/** The environment of a replica, whichever process it runs in. */
export function adminEnv(natsUrl: string, namespace: string): Record<string, string> {
  return {
    NATS_URL: natsUrl,
    NAMESPACE: namespace,
    MASTER_KEY: masterKey,
    DIGEST_KEY: digestKeyText,
    ADMIN_KEY_ID: admin.keyId,
    ADMIN_KEY_SECRET: admin.keySecret,
    CONFIG_PORT: '0',
  };
}

export async function startReplica(
  natsUrl: string,
  namespace: string,
  env: Record<string, string> = {},
): Promise<Replica> {
  const log: Record<string, unknown>[] = [];
  const lines = { write: (line: string) => void log.push(JSON.parse(line) as Record<string, unknown>) };
  const settings = configSettings({ ...adminEnv(natsUrl, namespace), ...env });
  const service = await startConfig(settings, createLogger('config', 'debug', lines));
  const url = service.addresses['http'] ?? '';
  let token: Promise<string> | undefined;
  const replica: Replica = {
    service,
    log,
    url,
    token: () => (token ??= takeToken(url, admin)),
    async send(method, path, body, more = {}) {
      const headers = { 'x-authorization': await replica.token(), 'content-type': 'application/json', ...more };
      const text = body === undefined ? null : JSON.stringify(body);
      return read(await fetch(new URL(`/api/gateway/config${path}`, url), { method, headers, body: text }));
    },
    drain: () => service.drain(),
  };
  return replica;
}

export async function takeToken(url: string, key: { keyId: string; keySecret: string }): Promise<string> {
  const answer = await fetch(`${url}/api/token`, { method: 'POST', body: JSON.stringify(key) });
  return ((await answer.json()) as { token: string }).token;
}

export async function read(response: Response): Promise<Answer> {
  const text = await response.text();
  return {
    status: response.status,
    type: response.headers.get('content-type') ?? '',
    body: text === '' ? undefined : JSON.parse(text),
    headers: response.headers,
  };
}

/** The smallest route. */
export function route(method: string, path: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { httpMethod: method, path, mappedWorkflow: { name: 'work' }, ...more };
}
