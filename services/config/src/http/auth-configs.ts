import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { type ConfigState, valuesOf } from '../domain/records.ts';
import { authConfigView } from '../domain/views.ts';
import { createAuthConfig, deleteAuthConfig, requireAuthConfig, updateAuthConfig } from '../write/auth-configs.ts';
import type { View } from '../write/context.ts';
import { created, existing } from '../write/precondition.ts';
import { about } from './about.ts';
import type { AdminApi } from './api.ts';
import { show, writeObject } from './conditional.ts';
import { pageOf } from './paging.ts';

interface ById {
  Params: { id: string };
}

const tag = 'Auth configs';

export function authConfigRoutes(server: FastifyInstance, { config, context, write }: AdminApi): void {
  const { authConfig } = context.schemas;
  const one = { tag, answer: authConfig, tagged: true } as const;
  const find = (id: unknown) => (state: ConfigState) => state.authConfigs.get(String(id))?.value;

  server.get(
    '/auth',
    about({ tag, summary: 'Lists auth configs', answer: z.array(authConfig), list: true }),
    async (request, reply) =>
      pageOf(request, reply, valuesOf(config.state.authConfigs), ({ id }) => id).map((each) => authConfigView(each)),
  );
  server.post(
    '/auth',
    about({ ...one, summary: 'Creates an auth config; shows new API keys, once', body: authConfig }),
    async (request, reply) => {
      const target = created((state: ConfigState, { id }: View) => find(id)(state));
      return writeObject(write, request, reply, target, createAuthConfig(context, request.body));
    },
  );
  server.get<ById>('/auth/:id', about({ ...one, summary: 'Shows an auth config' }), async ({ params }, reply) => {
    const stored = requireAuthConfig(config.state, params.id);
    return show(reply, stored, authConfigView(stored));
  });
  server.put<ById>(
    '/auth/:id',
    about({ ...one, summary: 'Replaces an auth config; masked API keys are kept', body: authConfig }),
    async (request, reply) => {
      const { id } = request.params;
      const decide = updateAuthConfig(context, id, request.body);
      return writeObject(write, request, reply, existing(find(id)), decide);
    },
  );
  server.delete<ById>(
    '/auth/:id',
    about({ tag, summary: 'Deletes an auth config', tagged: true }),
    async (request, reply) => {
      const { id } = request.params;
      await writeObject(write, request, reply, existing(find(id)), deleteAuthConfig(id));
      return reply.code(200).send();
    },
  );
}
