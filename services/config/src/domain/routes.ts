import { routeId } from '@rostrum/shared/revision';
import type { ConfigState, Service } from './records.ts';

const ids = new WeakMap<Service, ReadonlySet<string>>();

/** Whether there is such a service, with a route of this id; the route '' is the service itself. */
export function hasRoute({ services }: ConfigState, service: string, route: string): boolean {
  const stored = services.get(service)?.value;
  if (!stored) return false;
  if (route === '') return true;
  let known = ids.get(stored);
  if (!known)
    ids.set(stored, (known = new Set(stored.routes.map(({ httpMethod, path }) => routeId(httpMethod, path)))));
  return known.has(route);
}
