import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { findRoute } from '../domain/build.ts';
import type { ConfigState, Tag } from '../domain/records.ts';
import { existing } from '../write/precondition.ts';
import { requireRoute, updateRouteTags } from '../write/routes.ts';
import { requireService, updateServiceTags } from '../write/services.ts';
import { parseBody } from '../write/validate.ts';
import { about } from './about.ts';
import type { AdminApi } from './api.ts';
import { show, writeObject } from './conditional.ts';
import { queryOf } from './request.ts';
import { routeQuery } from './routes.ts';

interface ById {
  Params: { id: string };
}

export type Edit = (given: readonly Tag[]) => (tags: readonly Tag[]) => Tag[];

export const replace: Edit = (given) => () => [...given];
/** Removes pairs that match in key and value. */
export const remove: Edit = (given) => (tags) =>
  tags.filter((tag) => !given.some(({ key, value }) => key === tag.key && value === tag.value));

/** Tags; each list has an entity tag of its own. */
export function tagRoutes(server: FastifyInstance, { config, context, write }: AdminApi): void {
  const { tags } = context.schemas;
  const read = (request: FastifyRequest) => parseBody(tags, request.body).orRefuse([]);
  const says = { tag: 'Tags', answer: tags, tagged: true } as const;
  const replaces = { ...says, body: tags };

  const service = '/services/:id/tags';
  server.get<ById>(service, about({ ...says, summary: 'Shows a service’s tags' }), async ({ params }, reply) => {
    const stored = requireService(config.state, params.id).tags;
    return show(reply, stored, stored);
  });
  const onService = (edit: Edit) => async (request: FastifyRequest<ById>, reply: FastifyReply) => {
    const { id } = request.params;
    const target = existing<Tag[]>((state: ConfigState) => state.services.get(id)?.value?.tags);
    return writeObject(write, request, reply, target, updateServiceTags(id, edit(read(request))));
  };
  server.put<ById>(service, about({ ...replaces, summary: 'Replaces a service’s tags' }), onService(replace));
  server.delete<ById>(
    service,
    about({ ...replaces, summary: 'Removes a service’s tags that match in key and value' }),
    onService(remove),
  );

  const route = '/services/:id/routes/tags';
  const onRouteSays = { ...says, query: routeQuery };
  server.get<ById>(route, about({ ...onRouteSays, summary: 'Shows a route’s tags' }), async (request, reply) => {
    const owner = requireService(config.state, request.params.id);
    const stored = requireRoute(owner, queryOf(request, 'method'), queryOf(request, 'path')).tags;
    return show(reply, stored, stored);
  });
  const onRoute = (edit: Edit) => async (request: FastifyRequest<ById>, reply: FastifyReply) => {
    const { id } = request.params;
    const [method, path] = [queryOf(request, 'method'), queryOf(request, 'path')];
    const target = existing<Tag[]>(
      (state: ConfigState) => findRoute(state.services.get(id)?.value?.routes ?? [], method, path)?.tags,
    );
    return writeObject(write, request, reply, target, updateRouteTags(id, method, path, edit(read(request))));
  };
  const changes = { ...onRouteSays, body: tags };
  server.put<ById>(route, about({ ...changes, summary: 'Replaces a route’s tags' }), onRoute(replace));
  server.delete<ById>(
    route,
    about({ ...changes, summary: 'Removes a route’s tags that match in key and value' }),
    onRoute(remove),
  );
}
