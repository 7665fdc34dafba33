import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Tag } from '../domain/records.ts';
import { requireRoute, updateRouteTags } from '../write/routes.ts';
import { requireService, updateServiceTags } from '../write/services.ts';
import { parseBody } from '../write/validate.ts';
import type { AdminApi } from './api.ts';
import { authorOf, queryOf } from './request.ts';

interface ById {
  Params: { id: string };
}

export type Edit = (given: readonly Tag[]) => (tags: readonly Tag[]) => Tag[];

export const replace: Edit = (given) => () => [...given];
/** Removes pairs that match in key and value. */
export const remove: Edit = (given) => (tags) =>
  tags.filter((tag) => !given.some(({ key, value }) => key === tag.key && value === tag.value));

export function tagRoutes(server: FastifyInstance, { config, context, write }: AdminApi): void {
  const read = (request: FastifyRequest) => parseBody(context.schemas.tags, request.body).orRefuse([]);
  const service = '/services/:id/tags';
  server.get<ById>(service, async ({ params }) => requireService(config.state, params.id).tags);
  const onService = (edit: Edit) => async (request: FastifyRequest<ById>) =>
    write(updateServiceTags(request.params.id, edit(read(request))), authorOf(request));
  server.put<ById>(service, onService(replace));
  server.delete<ById>(service, onService(remove));

  const route = '/services/:id/routes/tags';
  server.get<ById>(route, async (request) => {
    const owner = requireService(config.state, request.params.id);
    return requireRoute(owner, queryOf(request, 'method'), queryOf(request, 'path')).tags;
  });
  const onRoute = (edit: Edit) => async (request: FastifyRequest<ById>) => {
    const [method, path] = [queryOf(request, 'method'), queryOf(request, 'path')];
    return write(updateRouteTags(request.params.id, method, path, edit(read(request))), authorOf(request));
  };
  server.put<ById>(route, onRoute(replace));
  server.delete<ById>(route, onRoute(remove));
}
