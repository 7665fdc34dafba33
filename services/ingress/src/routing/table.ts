import { PathTrie } from './path-trie.ts';
import type { CompiledRoute, ServiceRoutes } from './service-routes.ts';

/** What a path leads to. */
export type Match =
  | { kind: 'route'; service: ServiceRoutes; compiled: CompiledRoute; pathParams: Record<string, string> }
  | { kind: 'other-method'; service: ServiceRoutes; allow: string[] }
  | { kind: 'none' };

/**
 * The routing table: an immutable trie of base paths over one trie of routes for each service. A change of one service
 * compiles that service alone, and swaps the table of base paths for a new one.
 */
export class RoutingTable {
  readonly #services = new Map<string, ServiceRoutes>();
  #bases = new PathTrie<ServiceRoutes>();

  get size(): number {
    return this.#services.size;
  }

  service(id: string): ServiceRoutes | undefined {
    return this.#services.get(id);
  }

  /** Puts services in, or takes them out (`undefined`), in one swap. */
  update(changes: Iterable<[id: string, service: ServiceRoutes | undefined]>): void {
    for (const [id, service] of changes) {
      if (service?.edge.enabled) this.#services.set(id, service);
      else this.#services.delete(id);
    }
    const bases = new PathTrie<ServiceRoutes>();
    for (const service of this.#services.values()) bases.at(service.edge.basePath, () => service);
    this.#bases = bases;
  }

  /** `segments` are decoded. Of nested base paths the longest wins, whatever routes it has. */
  match(method: string, segments: readonly string[]): Match {
    const [base] = this.#bases.prefixes(segments);
    if (!base) return { kind: 'none' };
    const routes = base.value.paths.find(segments, base.length);
    if (!routes) return { kind: 'none' };
    const compiled = routes.find(({ route }) => route.method === method);
    if (!compiled) {
      const allow = routes.map(({ route }) => route.method).sort();
      return { kind: 'other-method', service: base.value, allow };
    }
    const pathParams: Record<string, string> = Object.create(null);
    for (const { name, segment } of compiled.parameters) pathParams[name] = segments[segment] as string;
    return { kind: 'route', service: base.value, compiled, pathParams };
  }
}
