import { digestOf } from '@rostrum/shared/digest';
import { type KeyTemplate, parseKeyTemplate } from '@rostrum/shared/key-template';
import { encodeJson } from '@rostrum/shared/messages';
import { type EdgeRevision, type EdgeRoute, edgeRevision, edgeRoute, type HttpMethod } from '@rostrum/shared/revision';
import { isParameter, PathTrie, splitPath } from './path-trie.ts';
import { compileRate, type RateRule } from './rate-rule.ts';
import { type Span, splittingRevision } from './revision-text.ts';
import { atOnce, inSlices } from './slices.ts';

type Edge = Omit<EdgeRevision, 'routes'>;
type KeptRoute = Omit<EdgeRoute, 'inputSchema'>;

/** A route as the pipeline uses it: what a request needs of it is computed once, when the first one comes. */
export interface CompiledRoute {
  readonly route: KeptRoute;
  /** Names of the path's parameters by the place of their segment, base path included. */
  readonly parameters: readonly { name: string; segment: number }[];
  readonly required: readonly string[];
  /** The input schema as text: parsed, it takes five times the memory, and few are used. */
  readonly schema: { readonly digest: string; readonly text: string } | undefined;
  readonly cacheKey: KeyTemplate | undefined;
  readonly rate: RateRule | undefined;
  /** Whether the ingress has to know what the body's members are. */
  readonly readsInput: boolean;
}

/** A route in the table. It is compiled when the first request comes for it: of a hundred thousand, most never get one. */
export class RouteEntry {
  readonly method: HttpMethod;
  readonly #edge: Edge;
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #end: number;
  #compiled: CompiledRoute | undefined;

  constructor(method: HttpMethod, edge: Edge, bytes: Buffer, [start, end]: Span) {
    this.method = method;
    this.#edge = edge;
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
  }

  get compiled(): CompiledRoute {
    this.#compiled ??= compileRoute(this.#edge, parseRoute(this.#bytes, [this.#start, this.#end]));
    return this.#compiled;
  }
}

/** One service of the routing table: immutable, replaced whole by its next revision. */
export interface ServiceRoutes {
  readonly edge: Edge;
  /** The routes of each path, one for each method. */
  readonly paths: PathTrie<RouteEntry[]>;
  /** For all its routes together. */
  readonly rate: RateRule | undefined;
  /** The longest that one of its routes waits (ms). */
  readonly longestMs: number;
  /** Whose executors run its routes. */
  readonly pool: string;
}

/** The same in one go. @throws as that does. */
export function compileService(edge: EdgeRevision): ServiceRoutes {
  return atOnce(compiling(encodeJson(edge)));
}

/**
 * Compiles a revision's edge part, JSON as it came from config, in slices. @throws when it is of a format that this
 * version does not know.
 */
export async function compileRevision(revision: Buffer): Promise<ServiceRoutes> {
  return inSlices(compiling(revision));
}

/** Routes stay text, outside the heap: collecting among a hundred thousand objects would hold requests up. */
function* compiling(revision: Buffer): Generator<void, ServiceRoutes> {
  // What came may be a small part of a large buffer, all of which would be kept.
  const bytes = revision.length < revision.buffer.byteLength ? Buffer.from(revision) : revision;
  const { rest, routes } = yield* splittingRevision(bytes);
  const { routes: unread, ...edge } = edgeRevision.parse(rest);
  if (unread.length > 0) throw new Error('the revision is not written as JSON.stringify would');
  const paths = new PathTrie<RouteEntry[]>();
  let longestMs = 0;
  let pool = 'default';
  for (const span of routes) {
    const route = parseRoute(bytes, span);
    // Config stores none that does not parse; better no new revision than one that fails its callers.
    if (route.cache) parseKeyTemplate(route.cache.key);
    compileRate(edge.service, route.id, route.rateLimit);
    paths.at(route.path, () => []).push(new RouteEntry(route.method, edge, bytes, span));
    longestMs = Math.max(longestMs, route.timeoutMs);
    pool = route.pool;
    yield;
  }
  return { edge, paths, rate: compileRate(edge.service, undefined, edge.rateLimit), longestMs, pool };
}

function parseRoute(bytes: Buffer, [start, end]: Span): EdgeRoute {
  return edgeRoute.parse(JSON.parse(bytes.toString('utf8', start, end)));
}

const none: readonly never[] = Object.freeze([]);

function compileRoute(edge: Edge, { inputSchema, ...route }: EdgeRoute): CompiledRoute {
  const segments = [...splitPath(edge.basePath), ...splitPath(route.path)];
  const required = route.queryParameters.filter((each) => each.required).map(({ name }) => name);
  const text = inputSchema === undefined ? undefined : JSON.stringify(inputSchema);
  const cacheKey = route.cache && parseKeyTemplate(route.cache.key);
  const rate = compileRate(edge.service, route.id, route.rateLimit);
  const serviceRate = compileRate(edge.service, undefined, edge.rateLimit);
  return {
    route: route.queryParameters.length > 0 ? route : { ...route, queryParameters: none as [] },
    parameters: segments.flatMap((part, segment) => (isParameter(part) ? [{ name: part.slice(1, -1), segment }] : [])),
    required: required.length > 0 ? required : none,
    schema: text === undefined ? undefined : { digest: digestOf(text), text },
    ...{ cacheKey, rate },
    readsInput:
      text !== undefined ||
      (cacheKey !== undefined && cacheKey.paths.length > 0) ||
      [rate, serviceRate].some((rule) => rule?.key.needsInput),
  };
}
