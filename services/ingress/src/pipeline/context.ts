import type { CacheOutcome } from '@rostrum/shared/messages';
import type { ProblemCode } from '@rostrum/shared/problems';
import type { Match } from '../routing/table.ts';

/** What the pipeline needs of an HTTP request. Nothing here knows the HTTP library. */
export interface Request {
  requestId: string;
  method: string;
  /** The request target, as it came. */
  url: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** By `performance.now()`. */
  receivedAt: number;
  /** Whoever it comes from, as far as proxies that are trusted say; absent where there is no connection. */
  address?: string | undefined;
  /** Aborted when the caller hangs up before it has its answer; made when it is first asked for. */
  hungUp(): AbortSignal;
  /** Reads the body to its end. @throws {Problem} payload-too-large. */
  readBody(): Promise<Buffer>;
  /** Set as soon as it is known, for metrics and traces. */
  matched?: Matched;
}

/** What a request was matched to, in the configuration's own words: `route` is absent where its method is not taken. */
export interface Matched {
  service: string;
  route?: string;
  /** The whole path, base path included, with its parameters' names. */
  template?: string;
  /** What became of it in the cache; absent for a route without one. */
  cache?: CacheOutcome;
}

/** An answer to be written. `body` is JSON unless the headers say otherwise. */
export interface Reply {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array | undefined;
  /** Where it is one. */
  problem?: ProblemCode;
}

export type RouteMatch = Extract<Match, { kind: 'route' }>;

/** A header that may come once; several values count as none. */
export function singleHeader(request: Request, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}
