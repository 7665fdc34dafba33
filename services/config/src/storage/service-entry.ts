import { digestOf } from '@rostrum/shared/digest';
import { routeId } from '@rostrum/shared/revision';
import type { Route, Service } from '../domain/records.ts';

/** A service as it stands in the config bucket: its routes by digest, each a blob in a bucket of their own. */
export interface ServiceEntry extends Omit<Service, 'routes'> {
  /** `id` is for those who read the bucket; the digest names the blob. */
  routes: { id: string; digest: string }[];
}

const digests = new WeakMap<Route, string>();

/** Names a route's blob by what is in it. */
export function routeDigest(route: Route): string {
  const known = digests.get(route);
  if (known !== undefined) return known;
  const digest = digestOf(JSON.stringify(route));
  digests.set(route, digest);
  return digest;
}

export function toEntry(service: Service): ServiceEntry {
  const routes = service.routes.map((route) => ({
    id: routeId(route.httpMethod, route.path),
    digest: routeDigest(route),
  }));
  return { ...service, routes };
}

/** The service again; `find` gives the route of a digest. */
export async function fromEntry(entry: ServiceEntry, find: (digest: string) => Promise<Route>): Promise<Service> {
  return { ...entry, routes: await Promise.all(entry.routes.map(({ digest }) => find(digest))) };
}
