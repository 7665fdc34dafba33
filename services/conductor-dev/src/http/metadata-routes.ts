import type { FastifyInstance } from 'fastify';
import { notFound } from '../errors.ts';
import { readList } from './bodies.ts';
import { Query, readInteger } from './query.ts';
import { type Context, jsonBody } from './context.ts';

/** `/api/metadata`: definitions of workflows and tasks. */
export function metadataRoutes(app: FastifyInstance, { definitions }: Context): void {
  app.post('/api/metadata/workflow', async (request, reply) => {
    await definitions.createWorkflow(jsonBody(request), new Query(request.url).flag('overwrite', false));
    return reply.send();
  });

  app.post('/api/metadata/workflow/validate', async (request, reply) => {
    await definitions.validateWorkflow(jsonBody(request));
    return reply.send();
  });

  app.put('/api/metadata/workflow', async (request) => ({
    bulkErrorResults: {},
    bulkSuccessfulResults: await definitions.updateWorkflows(readList(jsonBody(request), 'WorkflowDef')),
  }));

  app.get('/api/metadata/workflow', () => definitions.allWorkflows());
  app.get('/api/metadata/workflow/latest-versions', () => definitions.latestWorkflows());
  app.get('/api/metadata/workflow/names', () => definitions.workflowNames());
  app.get('/api/metadata/workflow/names-and-versions', () =>
    Object.fromEntries(definitions.workflowNames().map((name) => [name, definitions.summaries(name)])),
  );

  app.get<{ Params: { name: string } }>('/api/metadata/workflow/:name', (request) => {
    const { name } = request.params;
    const version = new Query(request.url).integer('version', undefined);
    const def = definitions.findWorkflow(name, version);
    if (!def) throw notFound(`No such workflow found by name: ${name}, version: ${version ?? null}`);
    return def;
  });

  app.get<{ Params: { name: string } }>('/api/metadata/workflow/:name/versions', (request) =>
    definitions.summaries(request.params.name),
  );

  app.delete<{ Params: { name: string; version: string } }>(
    '/api/metadata/workflow/:name/:version',
    (request, reply) => {
      definitions.removeWorkflow(request.params.name, readInteger('version', request.params.version));
      return reply.send();
    },
  );

  app.post('/api/metadata/taskdefs', (request, reply) => {
    definitions.createTasks(readList(jsonBody(request), 'TaskDef'));
    return reply.send();
  });

  app.put('/api/metadata/taskdefs', (request, reply) => {
    definitions.updateTask(jsonBody(request));
    return reply.send();
  });

  app.get('/api/metadata/taskdefs', () => definitions.allTasks());
  app.get<{ Params: { name: string } }>('/api/metadata/taskdefs/:name', (request) =>
    definitions.task(request.params.name),
  );

  app.delete<{ Params: { name: string } }>('/api/metadata/taskdefs/:name', (request, reply) => {
    definitions.removeTask(request.params.name);
    return reply.send();
  });
}
