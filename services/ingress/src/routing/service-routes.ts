import { digestOf } from '@rostrum/shared/digest';
import { type KeyTemplate, parseKeyTemplate } from '@rostrum/shared/key-template';
import { type EdgeRevision, type EdgeRoute, edgeRevision, edgeRoute } from '@rostrum/shared/revision';
import { z } from 'zod';
import { parsingRevision } from './large-json.ts';
import { isParameter, PathTrie, splitPath } from './path-trie.ts';
import { atOnce, inSlices } from './slices.ts';

type KeptRoute = Omit<EdgeRoute, 'inputSchema'>;

/** A route as the pipeline uses it: what a request needs of it is computed once, when its revision arrives. */
export interface CompiledRoute {
  readonly route: KeptRoute;
  /** Names of the path's parameters by the place of their segment, base path included. */
  readonly parameters: readonly { name: string; segment: number }[];
  readonly required: readonly string[];
  /** The input schema as text: parsed, it takes five times the memory, and few are used. */
  readonly schema: { readonly digest: string; readonly text: string } | undefined;
  readonly cacheKey: KeyTemplate | undefined;
}

/** One service of the routing table: immutable, replaced whole by its next revision. */
export interface ServiceRoutes {
  readonly edge: Omit<EdgeRevision, 'routes'> & { readonly routes: readonly KeptRoute[] };
  /** The routes of each path, one for each method. */
  readonly paths: PathTrie<CompiledRoute[]>;
}

/** @throws when a key template does not parse: config stores none such. */
export function compileService(edge: EdgeRevision): ServiceRoutes {
  return atOnce(compiling({ ...edge, routes: [] }, edge.routes));
}

/**
 * Reads and compiles a revision's edge part, JSON as it came from config, in slices. @throws when it is of a format that
 * this version does not know.
 */
export async function compileRevision(revision: Buffer): Promise<ServiceRoutes> {
  return inSlices(reading(revision));
}

function* reading(revision: Buffer): Generator<void, ServiceRoutes> {
  const parsed = withRoutes.parse(yield* parsingRevision(revision));
  const edge = edgeRevision.parse({ ...parsed, routes: [] });
  const routes: EdgeRoute[] = [];
  for (const route of parsed.routes) {
    routes.push(edgeRoute.parse(route));
    yield;
  }
  return yield* compiling(edge, routes);
}

/** The routes are checked one by one. */
const withRoutes = z.looseObject({ routes: z.custom<unknown[]>(Array.isArray) });

function* compiling(edge: EdgeRevision, routes: readonly EdgeRoute[]): Generator<void, ServiceRoutes> {
  const paths = new PathTrie<CompiledRoute[]>();
  const base = splitPath(edge.basePath);
  const known = new Map<string, CompiledRoute['parameters']>();
  const kept: KeptRoute[] = [];
  for (const route of routes) {
    const compiled = compileRoute(route, parametersOf([...base, ...splitPath(route.path)], known));
    paths.at(route.path, () => []).push(compiled);
    kept.push(compiled.route);
    yield;
  }
  return { edge: { ...edge, routes: kept }, paths };
}

const none: readonly never[] = Object.freeze([]);

/** Of a hundred thousand routes most lists are empty, or like another one: they share it. */
function parametersOf(
  segments: string[],
  known: Map<string, CompiledRoute['parameters']>,
): CompiledRoute['parameters'] {
  const key = segments.map((text) => (isParameter(text) ? text : '')).join('/');
  const parameters =
    known.get(key) ??
    segments.flatMap((text, segment) => (isParameter(text) ? [{ name: text.slice(1, -1), segment }] : []));
  known.set(key, parameters);
  return parameters;
}

function compileRoute({ inputSchema, ...route }: EdgeRoute, parameters: CompiledRoute['parameters']): CompiledRoute {
  const required = route.queryParameters.filter((each) => each.required).map(({ name }) => name);
  const text = inputSchema === undefined ? undefined : JSON.stringify(inputSchema);
  return {
    route: route.queryParameters.length > 0 ? route : { ...route, queryParameters: none as [] },
    parameters,
    required: required.length > 0 ? required : none,
    schema: text === undefined ? undefined : { digest: digestOf(text), text },
    cacheKey: route.cache && parseKeyTemplate(route.cache.key),
  };
}
