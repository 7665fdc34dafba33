import { routeId } from '@rostrum/shared/revision';
import { buildRoute, findRoute, withRoutes } from '../domain/build.ts';
import { type Route, type Service, type Tag, valuesOf } from '../domain/records.ts';
import { type Outline, reservedPathFaults, sameRouteFaults } from '@rostrum/contract/rules';
import { stamped } from '../domain/stamp.ts';
import { routeView } from '../domain/views.ts';
import { pathShape } from '@rostrum/contract/paths';
import type { ActionContext, Author, View } from './context.ts';
import type { Seen } from './look-ahead.ts';
import { conductorCopies, refFaults, withWarnings } from './schema-refs.ts';
import { replaceService, requireService } from './services.ts';
import { notFound, parseBody, readMembers } from './validate.ts';
import type { Decide } from './write-path.ts';

export function createRoute({ schemas }: ActionContext, id: string, body: unknown, seen: Seen): Decide<View> {
  const parsed = parseBody(schemas.route, body);
  const [method, path] = readMembers(body, 'httpMethod', 'path');
  return (state, author) => {
    const service = requireService(state, id);
    const outline: Outline = {
      id,
      path: service.path,
      hosts: service.hosts,
      routes: [...service.routes.map((each) => ({ method: each.httpMethod, path: each.path })), { method, path }],
    };
    // Of the routes only the last is new, and the body is that route.
    const at = () => [];
    const mine: Outline = { ...outline, routes: outline.routes.slice(-1) };
    const input = parsed.orRefuse([
      ...sameRouteFaults(outline, at),
      ...reservedPathFaults(mine, valuesOf(state.services), at),
      ...refFaults(state, body, seen),
    ]);
    const route = buildRoute(input, undefined, author, conductorCopies(state, input, seen, []));
    return replaceService(service, withRoutes(service, [...service.routes, route], author), () =>
      withWarnings(routeView(id, route), seen),
    );
  };
}

/** `path` is the one in the query, if there is one. */
export function updateRoute(
  { schemas }: ActionContext,
  id: string,
  path: string | undefined,
  body: unknown,
  seen: Seen,
): Decide<View> {
  const [, given = path] = readMembers(body, '', 'path');
  const whole = typeof body === 'object' && body !== null && given !== undefined ? { ...body, path: given } : body;
  const parsed = parseBody(schemas.route, whole);
  const detail = `the query says ${path}; a path cannot be changed: delete the route and create another`;
  const moved =
    path !== undefined && given !== undefined && pathShape(path) !== pathShape(given)
      ? [{ pointer: '/path', detail }]
      : [];
  return (state, author) => {
    const service = requireService(state, id);
    const input = parsed.orRefuse([...moved, ...refFaults(state, whole, seen, service.routes)]);
    const existing = requireRoute(service, input.httpMethod, input.path);
    const route = buildRoute(input, existing, author, conductorCopies(state, input, seen, service.routes));
    return replaceService(service, withRoute(service, existing, route, author), () =>
      withWarnings(routeView(id, route), seen),
    );
  };
}

export function deleteRoute(id: string, method: string, path: string): Decide<undefined> {
  return (state, author) => {
    const service = requireService(state, id);
    const existing = requireRoute(service, method, path);
    const routes = service.routes.filter((route) => route !== existing);
    return replaceService(service, withRoutes(service, routes, author), () => undefined);
  };
}

/** `edit` gives the route's new tags. */
export function updateRouteTags(
  id: string,
  method: string,
  path: string,
  edit: (tags: readonly Tag[]) => Tag[],
): Decide<Tag[]> {
  return (state, author) => {
    const service = requireService(state, id);
    const existing = requireRoute(service, method, path);
    const route = stamped<Route>({ ...existing, tags: edit(existing.tags) }, existing, author);
    return replaceService(service, withRoute(service, existing, route, author), () => route.tags);
  };
}

function withRoute(service: Service, existing: Route, route: Route, author: Author): Service {
  if (route === existing) return service;
  return withRoutes(
    service,
    service.routes.map((each) => (each === existing ? route : each)),
    author,
  );
}

/** @throws {AdminProblem} not-found. */
export function requireRoute(service: Service, method: string, path: string): Route {
  const route = findRoute(service.routes, method, path);
  if (!route) throw notFound(`route ${routeId(method, path)} in the service ${service.id}`);
  return route;
}
