import { Bases } from './bases.ts';
import { answersOn } from './host.ts';
import type { CompiledRoute, ServiceRoutes } from './service-routes.ts';

/** What a path leads to. `allow`: the methods that routes of the path have, HEAD where there is GET. */
export type Match =
  | { kind: 'route'; service: ServiceRoutes; compiled: CompiledRoute; pathParams: Record<string, string> }
  | { kind: 'other-method'; service: ServiceRoutes; allow: string[] }
  | { kind: 'none' };

/**
 * The routing table: base paths by host over one trie of routes for each service. A service's trie is compiled beside
 * the one in use and then takes its place, so a change costs that service only. Disabled services are not in it at all:
 * a request can tell them in no way from ones that do not exist.
 */
export class RoutingTable {
  readonly #services = new Map<string, ServiceRoutes>();
  readonly #bases = new Bases();

  get size(): number {
    return this.#services.size;
  }

  /** A service, if it answers on that host; on whichever it does, where none is named. */
  service(id: string, host?: string): ServiceRoutes | undefined {
    const service = this.#services.get(id);
    return service && (host === undefined || answersOn(service.edge, host)) ? service : undefined;
  }

  /** Puts services in, or takes them out (`undefined`), with no request in between. */
  update(changes: Iterable<[id: string, service: ServiceRoutes | undefined]>): void {
    for (const [id, service] of changes) {
      const before = this.#services.get(id);
      if (before) this.#bases.delete(before);
      if (service?.edge.enabled) {
        this.#services.set(id, service);
        this.#bases.add(service);
      } else this.#services.delete(id);
    }
  }

  /** `segments` are decoded; `host` is as {@link hostName} gives it. HEAD is answered by routes for GET. */
  match(method: string, segments: readonly string[], host = ''): Match {
    const base = this.#bases.find(host, segments);
    const routes = base?.service.paths.find(segments, base.length);
    if (!base || !routes) return { kind: 'none' };
    const { service } = base;
    const wanted = method === 'HEAD' ? 'GET' : method;
    const compiled = routes.find((entry) => entry.method === wanted)?.compiled;
    if (!compiled) return { kind: 'other-method', service, allow: withHead(routes.map((entry) => entry.method)) };
    const pathParams: Record<string, string> = Object.create(null);
    for (const { name, segment } of compiled.parameters) pathParams[name] = segments[segment] as string;
    return { kind: 'route', service, compiled, pathParams };
  }
}

function withHead(methods: string[]): string[] {
  return (methods.includes('GET') ? [...methods, 'HEAD'] : methods).sort();
}
