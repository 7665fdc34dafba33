import { digestOf } from '@rostrum/shared/digest';
import { type KeyTemplate, parseKeyTemplate } from '@rostrum/shared/key-template';
import type { EdgeRevision, EdgeRoute } from '@rostrum/shared/revision';
import { isParameter, PathTrie, splitPath } from './path-trie.ts';

/** A route as the pipeline uses it: what a request needs of it is computed once, when its revision arrives. */
export interface CompiledRoute {
  readonly route: EdgeRoute;
  /** Names of the path's parameters by the place of their segment, base path included. */
  readonly parameters: readonly { name: string; segment: number }[];
  readonly required: readonly string[];
  /** The input schema's, `''` when there is none. */
  readonly schemaDigest: string;
  readonly cacheKey: KeyTemplate | undefined;
}

/** One service of the routing table: immutable, replaced whole by its next revision. */
export interface ServiceRoutes {
  readonly edge: EdgeRevision;
  readonly paths: PathTrie<Map<string, CompiledRoute>>;
}

/** @throws when a key template does not parse: config stores none such. */
export function compileService(edge: EdgeRevision): ServiceRoutes {
  const paths = new PathTrie<Map<string, CompiledRoute>>();
  const baseSegments = splitPath(edge.basePath);
  for (const route of edge.routes) {
    const segments = [...baseSegments, ...splitPath(route.path)];
    paths
      .at(route.path, () => new Map())
      .set(route.method, {
        route,
        parameters: segments.flatMap((text, segment) =>
          isParameter(text) ? [{ name: text.slice(1, -1), segment }] : [],
        ),
        required: route.queryParameters.filter(({ required }) => required).map(({ name }) => name),
        schemaDigest: route.inputSchema === undefined ? '' : digestOf(JSON.stringify(route.inputSchema)),
        cacheKey: route.cache && parseKeyTemplate(route.cache.key),
      });
  }
  return { edge, paths };
}
