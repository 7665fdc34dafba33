import type { FastifyInstance } from 'fastify';
import { routeId } from '@rostrum/shared/revision';
import { compile } from '../domain/compile.ts';
import { curlCommand } from '../domain/curl-command.ts';
import { requireRoute } from '../write/routes.ts';
import { requireService } from '../write/services.ts';
import { z } from 'zod';
import { about } from './about.ts';
import type { AdminApi } from './api.ts';
import { queryOf } from './request.ts';
import { routeQuery } from './routes.ts';

const described = about({
  tag: 'Trying things out',
  summary: 'A cURL command that calls the route, with what is to be filled in between < and >',
  query: routeQuery,
  answer: z.object({ curl: z.string() }),
});

/** A route as a cURL command: JSON, or the bare text for who would rather have that. */
export function curlRoutes(server: FastifyInstance, { config, context }: AdminApi): void {
  server.get<{ Params: { id: string } }>('/services/:id/routes/curl', described, async (request, reply) => {
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
