import type { FastifyInstance } from 'fastify';
import type { Route, Service } from '../domain/records.ts';
import { routeView } from '../domain/views.ts';
import type { Summary } from '../traffic/counts.ts';
import { createRoute, deleteRoute, requireRoute, updateRoute } from '../write/routes.ts';
import { requireService } from '../write/services.ts';
import type { AdminApi } from './api.ts';
import { metricsBeside } from './metrics.ts';
import { authorOf, optionalQueryOf, queryOf } from './request.ts';

interface ById {
  Params: { id: string };
}

/** Routes of a service. Lists wrap each route, so that its metrics can stand beside it. */
export function routeRoutes(server: FastifyInstance, api: AdminApi): void {
  const { config, context, write } = api;
  const wrapped = (service: Service, route: Route, metrics: ReadonlyMap<Route, Summary>) => {
    const serviceRouteMetrics = metrics.get(route);
    return { route: routeView(service.id, route), ...(serviceRouteMetrics ? { serviceRouteMetrics } : {}) };
  };
  server.get<ById>('/services/:id/routes', async (request) => {
    const service = requireService(config.state, request.params.id);
    const metrics = await metricsBeside(api, service, request);
    return service.routes.map((route) => wrapped(service, route, metrics));
  });
  server.get<ById>('/services/:id/routes/route', async (request) => {
    const service = requireService(config.state, request.params.id);
    const route = requireRoute(service, queryOf(request, 'method'), queryOf(request, 'path'));
    const metrics = await metricsBeside(api, { ...service, routes: [route] }, request);
    return wrapped(service, route, metrics);
  });
  server.post<ById>('/services/:id/routes', async (request) =>
    write(createRoute(context, request.params.id, request.body), authorOf(request)),
  );
  server.put<ById>('/services/:id/routes', async (request) => {
    const path = optionalQueryOf(request, 'path');
    return write(updateRoute(context, request.params.id, path, request.body), authorOf(request));
  });
  server.delete<ById>('/services/:id/routes', async (request, reply) => {
    const [method, path] = [queryOf(request, 'method'), queryOf(request, 'path')];
    await write(deleteRoute(request.params.id, method, path), authorOf(request));
    return reply.code(200).send();
  });
}
