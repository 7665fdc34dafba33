import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type ConfigState, valuesOf } from '../domain/records.ts';
import { serviceView } from '../domain/views.ts';
import type { View } from '../write/context.ts';
import { created, existing } from '../write/precondition.ts';
import { createService, deleteService, requireService, updateService } from '../write/services.ts';
import { about } from './about.ts';
import type { AdminApi } from './api.ts';
import { show, writeObject } from './conditional.ts';
import { pageOf } from './paging.ts';

interface ById {
  Params: { id: string };
}

const tag = 'Services';

export function serviceRoutes(server: FastifyInstance, { config, context, write }: AdminApi): void {
  const { service, serviceUpdate } = context.schemas;
  const one = { tag, answer: service, tagged: true } as const;
  const find = (id: unknown) => (state: ConfigState) => state.services.get(String(id))?.value;

  const create = async (request: FastifyRequest, reply: FastifyReply) => {
    const seen = await context.lookAhead(request.body);
    const target = created((state: ConfigState, { id }: View) => find(id)(state));
    return writeObject(write, request, reply, target, createService(context, request.body, seen));
  };
  const creates = { ...one, summary: 'Creates a service, with its routes if they are sent', body: service };
  server.post('/services', about(creates), create);
  // The spelling of older clients.
  server.post('/service', about({ ...creates, deprecated: true }), create);
  server.get(
    '/services',
    about({ tag, summary: 'Lists services, with their routes', answer: z.array(service), list: true }),
    async (request, reply) =>
      pageOf(request, reply, valuesOf(config.state.services), ({ id }) => id).map((each) =>
        serviceView(each, context.publicUrl),
      ),
  );
  server.get<ById>('/services/:id', about({ ...one, summary: 'Shows a service' }), async ({ params }, reply) => {
    const stored = requireService(config.state, params.id);
    return show(reply, stored, serviceView(stored, context.publicUrl));
  });
  server.put<ById>(
    '/services/:id',
    about({ ...one, summary: 'Replaces a service; keeps its routes where none are sent', body: serviceUpdate }),
    async (request, reply) => {
      const { id } = request.params;
      const seen = await context.lookAhead(request.body);
      return writeObject(write, request, reply, existing(find(id)), updateService(context, id, request.body, seen));
    },
  );
  server.delete<ById>(
    '/services/:id',
    about({ tag, summary: 'Deletes a service and its routes', tagged: true }),
    async (request, reply) => {
      const { id } = request.params;
      await writeObject(write, request, reply, existing(find(id)), deleteService(id));
      return reply.code(200).send();
    },
  );
}
