import type { FastifyInstance, FastifyRequest } from 'fastify';
import { valuesOf } from '../domain/records.ts';
import { serviceView } from '../domain/views.ts';
import { createService, deleteService, requireService, updateService } from '../write/services.ts';
import { sorted } from './auth-configs.ts';
import type { AdminApi } from './api.ts';
import { authorOf } from './request.ts';

interface ById {
  Params: { id: string };
}

export function serviceRoutes(server: FastifyInstance, { config, context, write }: AdminApi): void {
  const create = async (request: FastifyRequest) => write(createService(context, request.body), authorOf(request));
  server.post('/services', create);
  // The spelling of older clients.
  server.post('/service', create);
  server.get('/services', async () =>
    sorted(valuesOf(config.state.services)).map((service) => serviceView(service, context.publicUrl)),
  );
  server.get<ById>('/services/:id', async ({ params }) =>
    serviceView(requireService(config.state, params.id), context.publicUrl),
  );
  server.put<ById>('/services/:id', async (request) =>
    write(updateService(context, request.params.id, request.body), authorOf(request)),
  );
  server.delete<ById>('/services/:id', async (request, reply) => {
    await write(deleteService(request.params.id), authorOf(request));
    return reply.code(200).send();
  });
}
