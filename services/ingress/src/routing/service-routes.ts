import { digestOf } from '@rostrum/shared/digest';
import { type KeyTemplate, parseKeyTemplate } from '@rostrum/shared/key-template';
import type { EdgeRevision, EdgeRoute } from '@rostrum/shared/revision';
import { isParameter, PathTrie, splitPath } from './path-trie.ts';

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
  /** Whether the ingress has to know what the body's members are. */
  readonly readsInput: boolean;
}

/** One service of the routing table: immutable, replaced whole by its next revision. */
export interface ServiceRoutes {
  readonly edge: Omit<EdgeRevision, 'routes'> & { readonly routes: readonly KeptRoute[] };
  /** The routes of each path, one for each method. */
  readonly paths: PathTrie<CompiledRoute[]>;
}

/** @throws when a key template does not parse: config stores none such. */
export function compileService(edge: EdgeRevision): ServiceRoutes {
  const paths = new PathTrie<CompiledRoute[]>();
  const base = splitPath(edge.basePath);
  const known = new Map<string, CompiledRoute['parameters']>();
  const compiled = edge.routes.map((route) =>
    compileRoute(route, parametersOf([...base, ...splitPath(route.path)], known), edge),
  );
  for (const each of compiled) paths.at(each.route.path, () => []).push(each);
  return { edge: { ...edge, routes: compiled.map(({ route }) => route) }, paths };
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

function compileRoute(
  { inputSchema, ...route }: EdgeRoute,
  parameters: CompiledRoute['parameters'],
  service: EdgeRevision,
): CompiledRoute {
  const required = route.queryParameters.filter((each) => each.required).map(({ name }) => name);
  const text = inputSchema === undefined ? undefined : JSON.stringify(inputSchema);
  const keys = [route.cache?.key, route.rateLimit?.key, service.rateLimit?.key];
  const ofInput = keys.some((key) => key !== undefined && parseKeyTemplate(key).paths.length > 0);
  return {
    route: route.queryParameters.length > 0 ? route : { ...route, queryParameters: none as [] },
    parameters,
    required: required.length > 0 ? required : none,
    schema: text === undefined ? undefined : { digest: digestOf(text), text },
    cacheKey: route.cache && parseKeyTemplate(route.cache.key),
    readsInput: text !== undefined || ofInput,
  };
}
