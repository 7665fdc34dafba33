import type { FastifyInstance } from 'fastify';
import { routeView } from '../domain/views.ts';
import { createRoute, deleteRoute, requireRoute, updateRoute } from '../write/routes.ts';
import { requireService } from '../write/services.ts';
import type { AdminApi } from './api.ts';
import { authorOf, optionalQueryOf, queryOf } from './request.ts';

interface ById {
  Params: { id: string };
}

/** Routes of a service. Lists wrap each route, so that its metrics can stand beside it. */
export function routeRoutes(server: FastifyInstance, { config, context, write }: AdminApi): void {
  server.get<ById>('/services/:id/routes', async ({ params }) => {
    const service = requireService(config.state, params.id);
    return service.routes.map((route) => ({ route: routeView(service.id, route) }));
  });
  server.get<ById>('/services/:id/routes/route', async (request) => {
    const service = requireService(config.state, request.params.id);
    const route = requireRoute(service, queryOf(request, 'method'), queryOf(request, 'path'));
    return { route: routeView(service.id, route) };
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
