import { PathTrie } from './path-trie.ts';
import type { ServiceRoutes } from './service-routes.ts';

/** The service whose base path a request is under, and how many segments that has. */
export interface Base {
  service: ServiceRoutes;
  length: number;
}

/**
 * Base paths of all services, by host. A service goes in and out by itself, at the cost of its own base path: the trie
 * is changed in place, between two requests, since a lookup is never interrupted.
 */
export class Bases {
  readonly #everywhere: Tree = new PathTrie();
  readonly #byHost = new Map<string, Tree>();

  add(service: ServiceRoutes): void {
    const { basePath, hosts } = service.edge;
    for (const tree of hosts ? hosts.map((host) => this.#treeOf(host)) : [this.#everywhere]) {
      const claims = tree.at(basePath, () => []);
      claims.push(service);
      // Config gives a base path to one service; where two have it, the word of one's end is late: the newer is right.
      claims.sort((a, b) => b.edge.revision - a.edge.revision);
    }
  }

  delete(service: ServiceRoutes): void {
    const { basePath, hosts } = service.edge;
    if (!hosts) return void remove(this.#everywhere, basePath, service);
    for (const host of hosts) {
      const tree = this.#byHost.get(host);
      if (tree && remove(tree, basePath, service)) this.#byHost.delete(host);
    }
  }

  /**
   * Of nested base paths the longest wins, whatever routes it has. Services that name the host go before all that
   * answer on every host, as if the latter were below one more base path.
   */
  find(host: string, segments: readonly string[]): Base | undefined {
    const found = this.#byHost.get(host)?.longestPrefix(segments) ?? this.#everywhere.longestPrefix(segments);
    return found && { service: found.value[0] as ServiceRoutes, length: found.length };
  }

  #treeOf(host: string): Tree {
    const known = this.#byHost.get(host);
    if (known) return known;
    const made: Tree = new PathTrie();
    this.#byHost.set(host, made);
    return made;
  }
}

/** No list is ever left empty. */
type Tree = PathTrie<ServiceRoutes[]>;

/** Whether nothing is left in the tree. */
function remove(tree: Tree, basePath: string, service: ServiceRoutes): boolean {
  const claims = tree.at(basePath, () => []);
  const at = claims.indexOf(service);
  if (at >= 0) claims.splice(at, 1);
  if (claims.length === 0) tree.delete(basePath);
  return tree.isEmpty;
}
