import type { FastifyInstance, FastifyRequest } from 'fastify';
import { accessKeyView, applicationView } from '../domain/applications.ts';
import { valuesOf } from '../domain/records.ts';
import { createAccessKey, deleteAccessKey, requireKeyOwner, toggleAccessKey } from '../write/access-keys.ts';
import {
  addRole,
  createApplication,
  deleteApplication,
  removeRole,
  requireApplication,
  updateApplication,
  updateApplicationTags,
} from '../write/applications.ts';
import { parseBody } from '../write/validate.ts';
import type { AdminApi } from './api.ts';
import { sorted } from './auth-configs.ts';
import { authorOf } from './request.ts';
import { type Edit, remove, replace } from './tags.ts';

interface ById {
  Params: { id: string };
}
interface ByKey {
  Params: { id: string; keyId: string };
}
interface ByRole {
  Params: { id: string; role: string };
}

/** Service accounts: who the gateway acts as, and who may use this API. */
export function applicationRoutes(server: FastifyInstance, { config, context, write }: AdminApi): void {
  const one = '/applications/:id';
  server.get('/applications', async () => sorted(valuesOf(config.state.applications)).map(applicationView));
  server.post('/applications', async (request) => write(createApplication(context, request.body), authorOf(request)));
  server.get<ById>(one, async ({ params }) => applicationView(requireApplication(config.state, params.id)));
  server.put<ById>(one, async (request) =>
    write(updateApplication(context, request.params.id, request.body), authorOf(request)),
  );
  server.delete<ById>(one, async (request, reply) => {
    await write(deleteApplication(request.params.id), authorOf(request));
    return reply.code(200).send();
  });

  const keys = `${one}/accessKeys`;
  server.get<ById>(keys, async ({ params }) =>
    requireApplication(config.state, params.id).accessKeys.map(accessKeyView),
  );
  server.post<ById>(keys, async (request) => write(createAccessKey(context, request.params.id), authorOf(request)));
  server.post<ByKey>(`${keys}/:keyId/status`, async (request) =>
    write(toggleAccessKey(request.params.id, request.params.keyId), authorOf(request)),
  );
  server.delete<ByKey>(`${keys}/:keyId`, async (request, reply) => {
    await write(deleteAccessKey(request.params.id, request.params.keyId), authorOf(request));
    return reply.code(200).send();
  });
  server.get<ByKey>('/applications/key/:keyId', async ({ params }) =>
    applicationView(requireKeyOwner(config.state, params.keyId)),
  );

  const role = `${one}/roles/:role`;
  server.post<ByRole>(role, async (request, reply) => {
    await write(addRole(context, request.params.id, request.params.role), authorOf(request));
    return reply.code(200).send();
  });
  server.delete<ByRole>(role, async (request, reply) => {
    await write(removeRole(request.params.id, request.params.role), authorOf(request));
    return reply.code(200).send();
  });

  const tags = `${one}/tags`;
  const onTags = (edit: Edit) => async (request: FastifyRequest<ById>) => {
    const given = parseBody(context.schemas.tags, request.body).orRefuse([]);
    return write(updateApplicationTags(request.params.id, edit(given)), authorOf(request));
  };
  server.get<ById>(tags, async ({ params }) => requireApplication(config.state, params.id).tags);
  server.put<ById>(tags, onTags(replace));
  server.delete<ById>(tags, onTags(remove));
}
