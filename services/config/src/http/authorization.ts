import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { requireApplication } from '../write/applications.ts';
import { grant, permissionsOn, withdraw } from '../write/permissions.ts';
import { notFound } from '../write/validate.ts';
import { about } from './about.ts';
import type { AdminApi } from './api.ts';
import { authorOf } from './request.ts';

const tag = 'Permissions';
const subjects = z.array(z.object({ type: z.literal('USER'), id: z.string() }));
const userShape = z.object({
  id: z.string(),
  name: z.string(),
  roles: z.array(z.object({ name: z.string() })),
  applicationUser: z.literal(true),
});

const target = z.object({ type: z.string(), id: z.string() });
const grantedShape = z.object({ grantedAccess: z.array(z.object({ target, access: z.array(z.string()) })) });

interface ByUser {
  Params: { user: string };
}

/** Permissions of applications, and the users that existing clients know them as. */
export function authorizationRoutes(server: FastifyInstance, { config, context, write }: AdminApi): void {
  const { authorization: body } = context.schemas;
  server.post('/auth/authorization', about({ tag, summary: 'Grants access', body }), async (request, reply) => {
    await write(grant(context, request.body), authorOf(request));
    return reply.code(200).send();
  });
  server.delete('/auth/authorization', about({ tag, summary: 'Takes access back', body }), async (request, reply) => {
    await write(withdraw(context, request.body), authorOf(request));
    return reply.code(200).send();
  });
  const lists = about({
    tag,
    summary: 'Lists who has which access to a target',
    answer: z.record(z.string(), subjects),
  });
  server.get<{ Params: { type: string; id: string } }>('/auth/authorization/:type/:id', lists, async ({ params }) =>
    permissionsOn(config.state, params.type, params.id),
  );
  // `app:<id>`; there are no users but applications.
  const applicationOf = (user: string) => {
    const [, application] = /^app:(.+)$/.exec(user) ?? [];
    if (application === undefined) throw notFound(`user ${JSON.stringify(user)}; applications are app:<id>`);
    return requireApplication(config.state, application);
  };
  const shows = about({ tag, summary: 'Shows an application as a user, app:<id>', answer: userShape });
  server.get<ByUser>('/users/:user', shows, async ({ params }) => {
    const { id, name, roles } = applicationOf(params.user);
    return { id: `app:${id}`, name, roles: roles.map((role) => ({ name: role })), applicationUser: true };
  });
  // Orkes lists what a user may do so. Without it nobody could tell which permissions to withdraw.
  const grants = about({ tag, summary: 'Lists what an application, app:<id>, has access to', answer: grantedShape });
  server.get<ByUser>('/users/:user/permissions', grants, async ({ params }) => ({
    grantedAccess: applicationOf(params.user).permissions.map(({ type, id, access }) => ({
      ...{ target: { type, id }, access },
    })),
  }));
}
