import type { CachePurge } from '@rostrum/contract/cache-purge';
import type { CacheSelection } from '@rostrum/shared/messages';
import { routeId } from '@rostrum/shared/revision';
import { type ConfigState, type Tag, valuesOf } from '../domain/records.ts';
import { requireRoute } from './routes.ts';
import { notFound } from './validate.ts';

/**
 * What the caches are to forget; what is in a larger part is left out. A service that was deleted may be named by its id:
 * its answers stand until their time is over, and would be given again if the same service was made anew.
 *
 * @throws {AdminProblem} not-found; nothing is to be purged then.
 */
export function selectionsOf(state: ConfigState, purges: readonly CachePurge[]): CacheSelection[] {
  const all = purges.flatMap((purge) => (purge.tag ? tagged(state, purge.tag) : [named(state, purge)]));
  const whole = new Set(all.filter((each) => Object.keys(each).length === 1).map(({ service }) => service));
  const narrowed = all.filter(({ service }) => !whole.has(service));
  const distinct = new Map(narrowed.map((each) => [JSON.stringify(each), each]));
  return [...Array.from(whole, (service) => ({ service })), ...distinct.values()];
}

function named(state: ConfigState, { serviceId = '', method, path, key, keyPrefix }: CachePurge): CacheSelection {
  requireOnce(state, serviceId);
  const service = state.services.get(serviceId)?.value;
  if (service && method !== undefined && path !== undefined) requireRoute(service, method, path);
  return {
    service: serviceId,
    ...(method === undefined || path === undefined ? {} : { route: routeId(method, path) }),
    ...(key === undefined ? {} : { label: key }),
    ...(keyPrefix === undefined ? {} : { labelPrefix: keyPrefix }),
  };
}

/** There is, or was, such a service. @throws {AdminProblem} not-found. */
export function requireOnce({ services }: ConfigState, id: string): void {
  if (!services.has(id)) throw notFound(`service ${JSON.stringify(id)}, and there was none`);
}

/** Services that have the tag, whole, and routes that have it. */
function tagged(state: ConfigState, { key, value }: Tag): CacheSelection[] {
  const has = ({ tags }: { tags: readonly Tag[] }) => tags.some((tag) => tag.key === key && tag.value === value);
  const found = valuesOf(state.services).flatMap((service): CacheSelection[] =>
    has(service)
      ? [{ service: service.id }]
      : service.routes
          .filter(has)
          .map(({ httpMethod, path }) => ({ service: service.id, route: routeId(httpMethod, path) })),
  );
  if (found.length === 0) throw notFound(`service or route with the tag ${JSON.stringify(`${key}:${value}`)}`);
  return found;
}
