import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { accessKeyView, applicationView } from '../domain/applications.ts';
import { type ConfigState, type Tag, valuesOf } from '../domain/records.ts';
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
import type { View } from '../write/context.ts';
import { created, existing } from '../write/precondition.ts';
import { parseBody } from '../write/validate.ts';
import { about } from './about.ts';
import type { AdminApi } from './api.ts';
import { show, writeObject } from './conditional.ts';
import { pageOf } from './paging.ts';
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

const tag = 'Applications';
const accessKey = z.object({ id: z.string(), createdAt: z.number(), status: z.enum(['ACTIVE', 'INACTIVE']) });
const newKey = z.object({ id: z.string(), secret: z.string().describe('Shown here and never again.') });

/** Service accounts: who the gateway acts as, and who may use this API. */
export function applicationRoutes(server: FastifyInstance, api: AdminApi): void {
  const { config, context, write } = api;
  const { application } = context.schemas;
  const one = { tag, answer: application, tagged: true } as const;
  const path = '/applications/:id';

  server.get(
    '/applications',
    about({ tag, summary: 'Lists applications', answer: z.array(application), list: true }),
    async (request, reply) =>
      pageOf(request, reply, valuesOf(config.state.applications), ({ id }) => id).map((each) => applicationView(each)),
  );
  server.post(
    '/applications',
    about({ ...one, summary: 'Creates an application', body: application }),
    async (request, reply) => {
      const target = created((state: ConfigState, { id }: View) => find(String(id))(state));
      return writeObject(write, request, reply, target, createApplication(context, request.body));
    },
  );
  server.get<ById>(path, about({ ...one, summary: 'Shows an application' }), async ({ params }, reply) => {
    const stored = requireApplication(config.state, params.id);
    return show(reply, stored, applicationView(stored));
  });
  const replaces = 'Replaces an application; its keys, roles, tags and permissions stay';
  server.put<ById>(path, about({ ...one, summary: replaces, body: application }), async (request, reply) => {
    const { id } = request.params;
    return writeObject(write, request, reply, existing(find(id)), updateApplication(context, id, request.body));
  });
  server.delete<ById>(path, about({ tag, summary: 'Deletes an application', tagged: true }), async (request, reply) => {
    const { id } = request.params;
    await writeObject(write, request, reply, existing(find(id)), deleteApplication(id));
    return reply.code(200).send();
  });
  accessKeyRoutes(server, api);
  roleRoutes(server, api);
  tagRoutes(server, api);
}

function find(id: string) {
  return (state: ConfigState) => state.applications.get(id)?.value;
}

function accessKeyRoutes(server: FastifyInstance, { config, context, write }: AdminApi): void {
  const { application } = context.schemas;
  const keys = '/applications/:id/accessKeys';
  const lists = about({ tag, summary: 'Lists an application’s access keys', answer: z.array(accessKey) });
  server.get<ById>(keys, lists, async ({ params }) =>
    requireApplication(config.state, params.id).accessKeys.map(accessKeyView),
  );
  server.post<ById>(keys, about({ tag, summary: 'Makes an access key', answer: newKey }), async (request) =>
    write(createAccessKey(context, request.params.id), authorOf(request)),
  );
  const toggles = about({ tag, summary: 'Switches an access key between ACTIVE and INACTIVE', answer: accessKey });
  server.post<ByKey>(`${keys}/:keyId/status`, toggles, async (request) =>
    write(toggleAccessKey(request.params.id, request.params.keyId), authorOf(request)),
  );
  const deletes = about({ tag, summary: 'Deletes an access key' });
  server.delete<ByKey>(`${keys}/:keyId`, deletes, async (request, reply) => {
    await write(deleteAccessKey(request.params.id, request.params.keyId), authorOf(request));
    return reply.code(200).send();
  });
  const owns = about({ tag, summary: 'Shows whose access key it is', answer: application });
  server.get<ByKey>('/applications/key/:keyId', owns, async ({ params }) =>
    applicationView(requireKeyOwner(config.state, params.keyId)),
  );
}

function roleRoutes(server: FastifyInstance, { context, write }: AdminApi): void {
  const role = '/applications/:id/roles/:role';
  server.post<ByRole>(role, about({ tag, summary: 'Gives an application a role' }), async (request, reply) => {
    await write(addRole(context, request.params.id, request.params.role), authorOf(request));
    return reply.code(200).send();
  });
  server.delete<ByRole>(role, about({ tag, summary: 'Takes a role from an application' }), async (request, reply) => {
    await write(removeRole(request.params.id, request.params.role), authorOf(request));
    return reply.code(200).send();
  });
}

function tagRoutes(server: FastifyInstance, { config, context, write }: AdminApi): void {
  const { tags } = context.schemas;
  const path = '/applications/:id/tags';
  const says = { tag: 'Tags', answer: tags, tagged: true } as const;
  const edits = { ...says, body: tags };
  server.get<ById>(path, about({ ...says, summary: 'Shows an application’s tags' }), async ({ params }, reply) => {
    const stored = requireApplication(config.state, params.id).tags;
    return show(reply, stored, stored);
  });
  const onTags = (edit: Edit) => async (request: FastifyRequest<ById>, reply: FastifyReply) => {
    const { id } = request.params;
    const given = parseBody(tags, request.body).orRefuse([]);
    const target = existing<Tag[]>((state: ConfigState) => find(id)(state)?.tags);
    return writeObject(write, request, reply, target, updateApplicationTags(id, edit(given)));
  };
  server.put<ById>(path, about({ ...edits, summary: 'Replaces an application’s tags' }), onTags(replace));
  const removes = 'Removes an application’s tags that match in key and value';
  server.delete<ById>(path, about({ ...edits, summary: removes }), onTags(remove));
}
