import type { FastifyInstance } from 'fastify';
import { requireApplication } from '../write/applications.ts';
import { grant, permissionsOn, withdraw } from '../write/permissions.ts';
import { notFound } from '../write/validate.ts';
import type { AdminApi } from './api.ts';
import { authorOf } from './request.ts';

/** Permissions of applications, and the users that existing clients know them as. */
export function authorizationRoutes(server: FastifyInstance, { config, context, write }: AdminApi): void {
  server.post('/auth/authorization', async (request, reply) => {
    await write(grant(context, request.body), authorOf(request));
    return reply.code(200).send();
  });
  server.delete('/auth/authorization', async (request, reply) => {
    await write(withdraw(context, request.body), authorOf(request));
    return reply.code(200).send();
  });
  server.get<{ Params: { type: string; id: string } }>('/auth/authorization/:type/:id', async ({ params }) =>
    permissionsOn(config.state, params.type, params.id),
  );
  // `app:<id>`; there are no users but applications.
  server.get<{ Params: { user: string } }>('/users/:user', async ({ params: { user } }) => {
    const [, application] = /^app:(.+)$/.exec(user) ?? [];
    if (application === undefined) throw notFound(`user ${JSON.stringify(user)}; applications are app:<id>`);
    const { id, name, roles } = requireApplication(config.state, application);
    return { id: `app:${id}`, name, roles: roles.map((role) => ({ name: role })), applicationUser: true };
  });
}
