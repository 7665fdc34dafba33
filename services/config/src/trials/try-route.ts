import { isUtf8 } from 'node:buffer';
import type { RouteTrial } from '@rostrum/contract/trials';
import type { TrialReport } from '@rostrum/shared/messages';
import { compile } from '../domain/compile.ts';
import type { ConfigState, Service } from '../domain/records.ts';
import type { View } from '../write/context.ts';

/** A request as an ingress takes it, and the revision that it is for. */
export interface TriedRequest {
  service: string;
  revision: number;
  method: string;
  /** The request target. */
  url: string;
  /** Names in small letters. */
  headers: Record<string, string | string[]>;
  body: Uint8Array;
  tester: string;
  /** How long the route may take (ms). */
  longestMs: number;
}

export interface TriedRoute {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array;
  report: TrialReport;
}

/** @throws {AdminProblem} service-unavailable where no ingress is there; payload-too-large. */
export type TryRoute = (request: TriedRequest) => Promise<TriedRoute>;

/** What the tester described, as its caller would have sent it. */
export function triedRequest(state: ConfigState, service: Service, trial: RouteTrial, tester: string): TriedRequest {
  const { edge } = compile(state, service);
  const { method, path, query = {}, headers = {}, body } = trial;
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) for (const each of [value].flat()) search.append(name, each);
  const more = search.toString();
  const base = edge.basePath === '/' ? '' : edge.basePath;
  const sent = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return {
    service: service.id,
    revision: edge.revision,
    method,
    url: `${base}${path}${more === '' ? '' : `${path.includes('?') ? '&' : '?'}${more}`}`,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...sent },
    body: Buffer.from(body === undefined ? '' : JSON.stringify(body)),
    tester,
    longestMs: Math.max(0, ...edge.routes.map(({ timeoutMs }) => timeoutMs)),
  };
}

/** The answer as the admin API shows it. */
export function triedView({ status, headers, body, report }: TriedRoute): View {
  const { requestId, workflowId, cacheAsked, timings } = report;
  const cacheStatus = headers['cache-status'];
  return {
    status,
    headers,
    body: bodyOf(headers['content-type'], body),
    timings,
    ...(workflowId === undefined ? {} : { workflowId }),
    requestId,
    cache: { asked: cacheAsked, ...(cacheStatus === undefined ? {} : { status: cacheStatus }) },
  };
}

/** A route may answer with whatever it likes, see `outputIsResponse`. */
function bodyOf(type: string | undefined, body: Uint8Array): unknown {
  if (!isUtf8(body)) return { base64: Buffer.from(body).toString('base64') };
  const text = Buffer.from(body).toString();
  if (text === '') return undefined;
  if (!type?.includes('json')) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
