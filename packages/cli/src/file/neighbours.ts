import {
  basePathFaults,
  type Neighbour,
  type Outline,
  reservedPathFaults,
  sameRouteFaults,
} from '@rostrum/contract/rules';
import type { Placed } from './load.ts';
import { isObject } from './references.ts';
import type { Fault } from './source.ts';

/** What is wrong with the services' paths, in themselves and against those of the same files. */
export function neighbourFaults(places: readonly Placed[]): Fault[] {
  const services = places.filter(({ kind }) => kind === 'service');
  const outlines = services.map(
    ({ id, body }): Outline => ({
      id,
      path: text(body['path']),
      hosts: hostsOf(body),
      routes: routesOf(body),
    }),
  );
  const known = outlines.filter((each) => each.path !== undefined).map(toNeighbour);
  return services.flatMap(({ source, pointer }, index) => {
    const outline = outlines[index];
    if (!outline) return [];
    const at = (route: number) => ['routes', route];
    // Of two that want the same, the second is told.
    const before = outlines
      .slice(0, index)
      .filter((each) => each.path !== undefined)
      .map(toNeighbour);
    return [
      ...sameRouteFaults(outline, at),
      ...basePathFaults(outline, before),
      ...reservedPathFaults(outline, known, at),
    ].map((fault) => source.fault(pointer + fault.pointer, fault.detail));
  });
}

function toNeighbour({ id = '', path = '', hosts, routes }: Outline): Neighbour {
  const known = routes.flatMap(({ method, path: route }) =>
    method === undefined || route === undefined ? [] : [{ httpMethod: method, path: route }],
  );
  return { id, path, hosts, routes: known };
}

function hostsOf({ hosts }: Record<string, unknown>): string[] | undefined {
  return Array.isArray(hosts) ? hosts.filter((host): host is string => typeof host === 'string') : undefined;
}

function routesOf({ routes }: Record<string, unknown>): Outline['routes'] {
  if (!Array.isArray(routes)) return [];
  return routes.map((route: unknown) =>
    isObject(route)
      ? { method: text(route['httpMethod']), path: text(route['path']) }
      : { method: undefined, path: undefined },
  );
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
