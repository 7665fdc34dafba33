import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { findRoute } from '../domain/build.ts';
import type { ConfigState, Route } from '../domain/records.ts';
import { routeView } from '../domain/views.ts';
import { type Summary, summaryShape } from '../traffic/counts.ts';
import type { View } from '../write/context.ts';
import { existing, type Target } from '../write/precondition.ts';
import { createRoute, deleteRoute, requireRoute, updateRoute } from '../write/routes.ts';
import { requireService } from '../write/services.ts';
import { about } from './about.ts';
import type { AdminApi } from './api.ts';
import { show, writeObject } from './conditional.ts';
import { metricsBeside } from './metrics.ts';
import { pageOf } from './paging.ts';
import { optionalQueryOf, queryOf } from './request.ts';

interface ById {
  Params: { id: string };
}

const tag = 'Routes';
/** How a request names a route. */
export const routeQuery = { method: 'Its method, in capitals.', path: 'Its path, relative to the service’s.' };
const window = { 'start?': 'Of the metrics, ms since 1970.', 'end?': 'Of the metrics, ms since 1970.' };

/** Routes of a service. Lists wrap each route, so that its metrics can stand beside it. */
export function routeRoutes(server: FastifyInstance, api: AdminApi): void {
  const { config, context, write } = api;
  const { route } = context.schemas;
  const wrapped = z.object({ route, serviceRouteMetrics: summaryShape.optional() }).meta({ id: 'RouteWithMetrics' });
  const wrap = (service: string, each: Route, metrics: ReadonlyMap<Route, Summary>) => {
    const serviceRouteMetrics = metrics.get(each);
    return { route: routeView(service, each), ...(serviceRouteMetrics ? { serviceRouteMetrics } : {}) };
  };
  const find = (id: string, method: unknown, path: unknown) => (state: ConfigState) =>
    findRoute(state.services.get(id)?.value?.routes ?? [], String(method), String(path));

  server.get<ById>(
    '/services/:id/routes',
    about({ tag, summary: 'Lists the routes of a service', answer: z.array(wrapped), list: true, query: window }),
    async (request, reply) => {
      const service = requireService(config.state, request.params.id);
      const page = pageOf(request, reply, service.routes, ({ path, httpMethod }) => `${path} ${httpMethod}`);
      const metrics = await metricsBeside(api, { ...service, routes: page }, request);
      return page.map((each) => wrap(service.id, each, metrics));
    },
  );
  server.get<ById>(
    '/services/:id/routes/route',
    about({ tag, summary: 'Shows a route', answer: wrapped, query: { ...routeQuery, ...window }, tagged: true }),
    async (request, reply) => {
      const service = requireService(config.state, request.params.id);
      const stored = requireRoute(service, queryOf(request, 'method'), queryOf(request, 'path'));
      const metrics = await metricsBeside(api, { ...service, routes: [stored] }, request);
      return show(reply, stored, wrap(service.id, stored, metrics), { beside: api.traffic !== undefined });
    },
  );
  server.post<ById>(
    '/services/:id/routes',
    about({
      tag,
      summary: 'Creates a route; If-Match is about the service, the ETag the route’s',
      body: route,
      answer: route,
      tagged: true,
    }),
    async (request, reply) => {
      const { id } = request.params;
      const seen = await context.lookAhead(request.body);
      const target: Target<View> = {
        before: (state) => state.services.get(id)?.value,
        after: (state, { httpMethod, path }) => find(id, httpMethod, path)(state),
      };
      return writeObject(write, request, reply, target, createRoute(context, id, request.body, seen));
    },
  );
  server.put<ById>(
    '/services/:id/routes',
    about({
      tag,
      summary: 'Replaces the route that the body’s httpMethod and path name',
      body: route,
      answer: route,
      query: { 'path?': 'The route’s path, where the body has none.' },
      tagged: true,
    }),
    async (request, reply) => {
      const { id } = request.params;
      const path = optionalQueryOf(request, 'path');
      const seen = await context.lookAhead(request.body);
      const decide = updateRoute(context, id, path, request.body, seen);
      const named = request.body as Partial<Record<'httpMethod' | 'path', string>> | undefined;
      const target = existing<View>(find(id, named?.httpMethod, named?.path ?? path));
      return writeObject(write, request, reply, target, decide);
    },
  );
  server.delete<ById>(
    '/services/:id/routes',
    about({ tag, summary: 'Deletes a route', query: routeQuery, tagged: true }),
    async (request, reply) => {
      const { id } = request.params;
      const [method, path] = [queryOf(request, 'method'), queryOf(request, 'path')];
      await writeObject(write, request, reply, existing(find(id, method, path)), deleteRoute(id, method, path));
      return reply.code(200).send();
    },
  );
}
