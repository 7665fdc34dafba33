import type { FastifyInstance } from 'fastify';
import { valuesOf } from '../domain/records.ts';
import { authConfigView } from '../domain/views.ts';
import { createAuthConfig, deleteAuthConfig, requireAuthConfig, updateAuthConfig } from '../write/auth-configs.ts';
import type { AdminApi } from './api.ts';
import { authorOf } from './request.ts';

interface ById {
  Params: { id: string };
}

export function authConfigRoutes(server: FastifyInstance, { config, context, write }: AdminApi): void {
  server.get('/auth', async () => sorted(valuesOf(config.state.authConfigs)).map((each) => authConfigView(each)));
  server.post('/auth', async (request) => write(createAuthConfig(context, request.body), authorOf(request)));
  server.get<ById>('/auth/:id', async ({ params }) => authConfigView(requireAuthConfig(config.state, params.id)));
  server.put<ById>('/auth/:id', async (request) =>
    write(updateAuthConfig(context, request.params.id, request.body), authorOf(request)),
  );
  server.delete<ById>('/auth/:id', async (request, reply) => {
    await write(deleteAuthConfig(request.params.id), authorOf(request));
    return reply.code(200).send();
  });
}

/** In order of id, whichever replica answers. */
export function sorted<T extends { id: string }>(list: readonly T[]): T[] {
  return list.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}
