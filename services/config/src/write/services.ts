import { buildService } from '../domain/build.ts';
import { type ConfigState, type RouteInput, type Service, type Tag, valuesOf } from '../domain/records.ts';
import { stamped } from '../domain/stamp.ts';
import { serviceView } from '../domain/views.ts';
import { pathShape } from '@rostrum/contract/paths';
import { type ActionContext, changed, type View } from './context.ts';
import type { Seen } from './look-ahead.ts';
import { conductorCopies, refFaults, withWarnings } from './schema-refs.ts';
import {
  idFaults,
  notFound,
  outlineOf,
  parseBody,
  pathFaults,
  readHosts,
  readMembers,
  readRoutes,
} from './validate.ts';
import type { Decide, Decision } from './write-path.ts';

export function createService({ schemas, publicUrl }: ActionContext, body: unknown, seen: Seen): Decide<View> {
  const parsed = parseBody(schemas.service, body);
  const [id, path] = readMembers(body, 'id', 'path');
  const outline = { id, path, hosts: readHosts(body), routes: readRoutes(body) ?? [] };
  return (state, author) => {
    const services = valuesOf(state.services);
    const exists = id !== undefined && state.services.get(id)?.value !== undefined;
    const taken = exists
      ? [{ pointer: '/id', detail: `the service ${id} exists already; update it`, taken: true }]
      : [];
    const input = parsed.orRefuse([...taken, ...pathFaults(outline, services), ...refFaults(state, body, seen)]);
    const copies = (route: RouteInput) => conductorCopies(state, route, seen, []);
    const value = buildService(input, undefined, input.id, input.path, author, copies);
    const answer = withWarnings(serviceView(value, publicUrl), seen);
    return { change: { kind: 'service', id: value.id, value }, answer };
  };
}

export function updateService(
  { schemas, publicUrl }: ActionContext,
  id: string,
  body: unknown,
  seen: Seen,
): Decide<View> {
  const parsed = parseBody(schemas.serviceUpdate, body);
  const [path] = readMembers(body, 'path');
  const sent = readRoutes(body);
  return (state, author) => {
    const existing = requireService(state, id);
    const moved =
      path !== undefined && pathShape(path) !== pathShape(existing.path)
        ? [
            {
              pointer: '/path',
              detail: `the base path cannot be changed: send ${existing.path}, or make another service`,
            },
          ]
        : [];
    // Routes that are kept may come into another’s way by what hosts the service is now on.
    const routes = sent ?? outlineOf(existing).routes;
    const outline = { id, path: existing.path, hosts: readHosts(body), routes };
    const input = parsed.orRefuse([
      ...idFaults(body, id),
      ...moved,
      ...pathFaults(outline, valuesOf(state.services)),
      ...refFaults(state, body, seen, existing.routes),
    ]);
    const copies = (route: RouteInput) => conductorCopies(state, route, seen, existing.routes);
    const value = buildService(input, existing, id, existing.path, author, copies);
    return replaceService(existing, value, (service) => withWarnings(serviceView(service, publicUrl), seen));
  };
}

export function deleteService(id: string): Decide<undefined> {
  return (state) => {
    requireService(state, id);
    return { change: { kind: 'service', id, value: undefined }, answer: undefined };
  };
}

/** `edit` gives the service's new tags. */
export function updateServiceTags(id: string, edit: (tags: readonly Tag[]) => Tag[]): Decide<Tag[]> {
  return (state, author) => {
    const existing = requireService(state, id);
    const value = stamped<Service>({ ...existing, tags: edit(existing.tags) }, existing, author);
    return replaceService(existing, value, ({ tags }) => tags);
  };
}

/** The change from one service to the next, none when they are the same. */
export function replaceService<T>(existing: Service, value: Service, answer: (service: Service) => T): Decision<T> {
  const next = changed(existing, value);
  return { ...(next ? { change: { kind: 'service', id: value.id, value: next } } : {}), answer: answer(value) };
}

/** @throws {AdminProblem} not-found. */
export function requireService(state: ConfigState, id: string): Service {
  const service = state.services.get(id)?.value;
  if (!service) throw notFound(`service ${JSON.stringify(id)}`);
  return service;
}
