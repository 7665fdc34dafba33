import { routeId } from '@rostrum/shared/revision';
import type { ConfigFault } from './fault.ts';
import { isParameter, pathShape, segmentsOf } from './path.ts';
import { pointerOf } from './pointer.ts';

/** As much of a service as the rules about paths need, as far as it is known. */
export interface Outline {
  id: string | undefined;
  path: string | undefined;
  /** Host names that it answers on; all where absent. */
  hosts?: readonly string[] | undefined;
  routes: readonly { method: string | undefined; path: string | undefined }[];
}

/** Another service that is there already. */
export interface Neighbour {
  id: string;
  path: string;
  hosts?: readonly string[] | undefined;
  routes: readonly { httpMethod: string; path: string }[];
}

/** How a fault of the route at this index is pointed at. */
export type RoutePointer = (index: number) => readonly (string | number)[];

/** Routes that are there twice, or that no request could tell apart. */
export function sameRouteFaults({ routes }: Outline, at: RoutePointer): ConfigFault[] {
  const faults: ConfigFault[] = [];
  const shapes = new Map<string, string>();
  for (const [index, { method, path }] of routes.entries()) {
    if (method === undefined || path === undefined) continue;
    const shape = `${method} ${pathShape(path)}`;
    const first = shapes.get(shape);
    if (first === undefined) {
      shapes.set(shape, path);
      continue;
    }
    const detail =
      first === path
        ? `the service already has ${routeId(method, path)}; update it, or remove one of the two`
        : `no request could tell ${routeId(method, path)} from ${routeId(method, first)}; remove one of the two`;
    faults.push({ pointer: pointerOf(...at(index), 'path'), detail, taken: true });
  }
  return faults;
}

/**
 * A base path that another service has on the same host. One that names hosts may share it with one that answers on
 * all: the former goes first on its hosts, and the latter has the others.
 */
export function basePathFaults({ id, path, hosts }: Outline, neighbours: readonly Neighbour[]): ConfigFault[] {
  if (path === undefined) return [];
  const owner = neighbours.find(
    (other) =>
      other.id !== id &&
      pathShape(other.path) === pathShape(path) &&
      (hosts === undefined) === (other.hosts === undefined) &&
      meet(hosts, other.hosts),
  );
  if (!owner) return [];
  const where = commonHost(hosts, owner.hosts);
  const on = where === undefined ? '' : ` on ${where}`;
  const detail = `the base path ${path}${on} belongs to the service ${owner.id}; choose another`;
  return [{ pointer: '/path', detail, taken: true }];
}

/**
 * Paths that the gateway itself answers, `/{service}/openapi`, `/{service}/mcp` and `/{service}/executions/{id}`, are
 * matched before any route. No route may cover another service's; of its own it may (`/orders/{id}`), since what is
 * hidden from it then is the service's own, but a route that is nothing else would never be reached. Services that
 * share no host are not in each other's way.
 */
export function reservedPathFaults(outline: Outline, all: readonly Neighbour[], at: RoutePointer): ConfigFault[] {
  const { id, path } = outline;
  const neighbours = all.filter((other) => meet(outline.hosts, other.hosts));
  if (id === undefined || path === undefined) return [];
  const others = new Set(neighbours.map((other) => other.id).filter((other) => other !== id));
  const base = segmentsOf(path);
  const [first = '', second = ''] = base;
  if ((first === id || others.has(first)) && reserved.includes(second)) {
    return [{ pointer: '/path', detail: reservedDetail(path, `/${first}/${second}`) }];
  }
  const faults: ConfigFault[] = [];
  for (const [index, route] of outline.routes.entries()) {
    if (route.path === undefined) continue;
    const covered = coveredPath([...base, ...segmentsOf(route.path)], others, id);
    if (covered === undefined) continue;
    faults.push({ pointer: pointerOf(...at(index), 'path'), detail: reservedDetail(route.path, covered) });
  }
  return [...faults, ...newIdFaults(id, neighbours)];
}

/** The other way round: a new service's id may make a path reserved that another one, or its route, has. */
function newIdFaults(id: string, neighbours: readonly Neighbour[]): ConfigFault[] {
  const ids = new Set([id]);
  for (const other of neighbours) {
    const base = segmentsOf(other.path);
    if (other.id === id || (base.length > 0 && base[0] !== id)) continue;
    if (reserved.includes(base[1] ?? '')) {
      const taken = `the service ${other.id} has the base path ${other.path}`;
      return [{ pointer: '/id', detail: `${taken}, which this id would reserve; choose another id` }];
    }
    for (const route of other.routes) {
      const covered = coveredPath([...base, ...segmentsOf(route.path)], ids, other.id);
      if (covered === undefined) continue;
      const taken = `${routeId(route.httpMethod, route.path)} of the service ${other.id} has the path ${covered}`;
      return [{ pointer: '/id', detail: `${taken}, which this id would reserve; choose another id` }];
    }
  }
  return [];
}

/** Whether there is a host that both answer on. */
function meet(one: Outline['hosts'], other: Outline['hosts']): boolean {
  return one === undefined || other === undefined || commonHost(one, other) !== undefined;
}

function commonHost(one: Outline['hosts'], other: Outline['hosts']): string | undefined {
  const others = new Set(other?.map((host) => host.toLowerCase()));
  return one?.find((host) => others.has(host.toLowerCase()));
}

const reserved = ['openapi', 'mcp', 'executions'];

/** The reserved path that a request for this path could mean and must not. A parameter may be any service's id. */
function coveredPath(segments: readonly string[], others: ReadonlySet<string>, own: string): string | undefined {
  const [first = '', second = ''] = segments;
  const anothers = isParameter(first) || others.has(first);
  if (!anothers && first !== own) return undefined;
  const covers = (name: string) => second === name || (anothers && isParameter(second));
  if (segments.length === 2) return ['openapi', 'mcp'].filter(covers).map((name) => `/${first}/${name}`)[0];
  if (segments.length === 3 && covers('executions')) return `/${first}/executions/{id}`;
  return undefined;
}

function reservedDetail(path: string, covered: string): string {
  return `${path} covers ${covered}, which the gateway itself answers; choose another path`;
}
