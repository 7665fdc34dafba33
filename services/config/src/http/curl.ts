import type { FastifyInstance } from 'fastify';
import { routeId } from '@rostrum/shared/revision';
import { compile } from '../domain/compile.ts';
import { curlCommand } from '../domain/curl-command.ts';
import { requireRoute } from '../write/routes.ts';
import { requireService } from '../write/services.ts';
import type { AdminApi } from './api.ts';
import { queryOf } from './request.ts';

/** A route as a cURL command: JSON, or the bare text for who would rather have that. */
export function curlRoutes(server: FastifyInstance, { config, context }: AdminApi): void {
  server.get<{ Params: { id: string } }>('/services/:id/routes/curl', async (request, reply) => {
    const service = requireService(config.state, request.params.id);
    const { httpMethod, path } = requireRoute(service, queryOf(request, 'method'), queryOf(request, 'path'));
    const { edge } = compile(config.state, service);
    const id = routeId(httpMethod, path);
    const route = edge.routes.find((each) => each.id === id);
    if (!route) throw new Error(`${service.id} was compiled without ${id}`);
    const curl = curlCommand(edge, route, context.publicUrl);
    const { accept = '' } = request.headers;
    return accept.includes('text/plain') && !accept.includes('json')
      ? reply.type('text/plain; charset=utf-8').send(`${curl}\n`)
      : { curl };
  });
}
